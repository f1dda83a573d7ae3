import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { networkOf } from '../../src/access/failed-authentication.ts';
import { TokenBuckets } from '../../src/access/token-buckets.ts';

const RULE = { perSecond: 2, capacity: 4 };

describe('a token bucket', () => {
  test('gives as many tokens as it holds, then as many as flow in', () => {
    let now = 0;
    const buckets = new TokenBuckets({ now: () => now });
    const take = (): boolean => !buckets.take('a', RULE).isEmpty;
    assert.deepEqual([take(), take(), take(), take(), take()], [true, true, true, true, false]);
    const { waitS, left, fullInS } = buckets.take('a', RULE);
    assert.deepEqual({ waitS, left, fullInS }, { waitS: 0.5, left: 0, fullInS: 2 });
    now += 500;
    assert.deepEqual([take(), take()], [true, false]);
    now += 60_000;
    assert.equal(buckets.take('a', RULE).left, 3);
  });

  test('has a name, is only looked at by look, and follows a new rule', () => {
    const buckets = new TokenBuckets({ now: () => 0 });
    for (let i = 0; i < 4; i += 1) buckets.take('a', RULE);
    assert.ok(buckets.look('a', RULE).isEmpty);
    assert.equal(buckets.look('b', RULE).left, 4);
    assert.equal(buckets.take('b', { perSecond: 1, capacity: 2 }).left, 1);
  });

  test('takes no more memory than it may: full buckets go first, then those used longest ago', () => {
    let now = 0;
    const buckets = new TokenBuckets({ max: 3, now: () => now });
    for (const name of ['full', 'old', 'old', 'old', 'new', 'new', 'new', 'new']) buckets.take(name, RULE);
    now += 600; // only the first is full again
    buckets.take('fourth', RULE);
    assert.equal(buckets.look('old', RULE).left, 2);
    buckets.take('fifth', RULE);
    assert.equal(buckets.look('old', RULE).left, 4);
    assert.equal(buckets.look('new', RULE).left, 1);
  });
});

test('the clients of an IPv6 network count as one', () => {
  assert.equal(networkOf('192.0.2.7'), '192.0.2.7');
  assert.equal(networkOf('::ffff:192.0.2.7'), '::ffff:192.0.2.7');
  for (const ip of ['2001:db8::1', '2001:db8:0:0:1:2:3:4', '2001:0db8::ffff:1'])
    assert.equal(networkOf(ip), '2001:db8:0:0::/64', ip);
  assert.equal(networkOf('2001:db8:7:a::1'), '2001:db8:7:a::/64');
  assert.equal(networkOf('::1'), '0:0:0:0::/64');
  assert.equal(networkOf('::1:2:3:4:5:6'), '0:0:1:2::/64');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfterMs } from '../../src/net/retry-after.ts';

test('Retry-After is seconds, or a date by the clock of the host that sent it', () => {
  const after = (value: string, date?: string): number | undefined =>
    retryAfterMs({ 'retry-after': value, ...(date && { date }) });
  assert.equal(after('120'), 120_000);
  assert.equal(after(' 0 '), 0);
  assert.equal(after('Sun, 06 Nov 1994 08:51:37 GMT', 'Sun, 06 Nov 1994 08:49:37 GMT'), 120_000);
  assert.equal(after('Sunday, 06-Nov-94 08:51:37 GMT', 'Sun, 06 Nov 1994 08:49:37 GMT'), 120_000);
  assert.equal(after('Sun, 06 Nov 1994 08:40:00 GMT', 'Sun, 06 Nov 1994 08:49:37 GMT'), 0);
  const inAMinute = after(new Date(Date.now() + 60_000).toUTCString()) ?? 0;
  assert.ok(inAMinute > 50_000 && inAMinute <= 60_000);
  for (const nonsense of ['', '-5', 'soon', '1.5', '1e3']) assert.equal(after(nonsense), undefined, nonsense);
  assert.equal(retryAfterMs({}), undefined);
});

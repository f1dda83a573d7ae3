import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { newPrivateKey, publicKeyOf } from '../../src/webhooks/ed25519.ts';
import {
  isSecret,
  isTimely,
  newSecret,
  sign,
  signedAt,
  verifyHubSignature,
} from '../../src/webhooks/signing.ts';

// The vector of the Standard Webhooks libraries.
const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const VECTOR = { id: 'msg_p5jXN8AQM9LWM0D4loKWxJek', at: 1_614_265_330_000, body: '{"test": 2432232314}' };

function verify(
  secret: string,
  headers: Record<string, string | undefined>,
  { body, now }: { body: Buffer; now: number },
) {
  const at = signedAt(secret, headers, body);
  return at !== undefined && isTimely(at, now);
}

test("the specification's vector is signed exactly, and verified", () => {
  const headers = sign(SECRET, VECTOR);
  assert.deepEqual(headers, {
    'webhook-id': VECTOR.id,
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
  assert.equal(verify(SECRET, headers, { body: Buffer.from(VECTOR.body), now: VECTOR.at }), true);
});

// The vector of the specification for v1a: the seed and the public key.
const PRIVATE_KEY =
  'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==';

test("the specification's vector is signed exactly with v1a, also beside v1", () => {
  const v1a = 'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==';
  assert.equal(publicKeyOf(PRIVATE_KEY), 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=');
  assert.equal(sign(PRIVATE_KEY, VECTOR)['webhook-signature'], v1a);
  const both = sign([SECRET, PRIVATE_KEY], VECTOR)['webhook-signature'];
  assert.equal(both, `v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= ${v1a}`);
  assert.match(newPrivateKey(), /^whsk_[A-Za-z0-9+/]{86}==$/);
});

test('standardwebhooks and svix accept what we sign', () => {
  const secret = newSecret();
  const body = '{"type":"batch.completed","data":{"name":"Käse 😀"}}';
  const headers = sign(secret, { id: 'evt_1', at: Date.now(), body });
  assert.deepEqual(new StandardWebhook(secret).verify(body, { ...headers }), JSON.parse(body));
  assert.doesNotThrow(() => new SvixWebhook(secret).verify(body, { ...headers }));
  assert.throws(() => new SvixWebhook(secret).verify(`${body} `, { ...headers }));
});

test('we accept what standardwebhooks signs, also as one of several signatures', () => {
  const [body, at, id] = ['{"a":1}', Date.now(), 'msg_1'];
  const signature = new StandardWebhook(SECRET).sign(id, new Date(at), body);
  const headers = { 'webhook-id': id, 'webhook-timestamp': String(Math.floor(at / 1000)) };
  const check = (list: string): boolean =>
    verify(SECRET, { ...headers, 'webhook-signature': list }, { body: Buffer.from(body), now: at });
  assert.equal(check(signature), true);
  assert.equal(check(`v1,AAAA v1a,${signature.slice(3)} ${signature}`), true);
  assert.equal(check(`v2,${signature.slice(3)}`), false);
  assert.equal(check(''), false);
});

test('a message that is changed, old, from the future or badly timed is refused', () => {
  const at = Date.now();
  const headers = sign(SECRET, { id: 'a', at, body: 'x' });
  const check = (change: object, body = 'x', now = at, secret = SECRET): boolean =>
    verify(secret, { ...headers, ...change }, { body: Buffer.from(body), now });
  assert.equal(check({}), true);
  assert.equal(check({}, 'y'), false);
  assert.equal(check({ 'webhook-id': 'b' }), false);
  assert.equal(check({ 'webhook-id': undefined }), false);
  assert.equal(check({}, 'x', at + 299_000), true);
  assert.equal(check({}, 'x', at + 302_000), false);
  assert.equal(check({}, 'x', at - 302_000), false);
  for (const timestamp of [`${headers['webhook-timestamp']}abc`, '', '-1', '1e9', '9999999999999'])
    assert.equal(check({ 'webhook-timestamp': timestamp }), false, timestamp);
  assert.equal(check({}, 'x', at, newSecret()), false);
  assert.equal(check({}, 'x', at, ''), false);
  assert.equal(check({}, 'x', at, 'whsec_'), false);
});

test('secrets have 24 to 64 bytes', () => {
  assert.equal(isSecret(newSecret()), true);
  assert.equal(isSecret(SECRET), true);
  for (const text of [
    '',
    'whsec_',
    'whsec_c2hvcnQ=',
    SECRET.slice(6),
    `whsec_${Buffer.alloc(65).toString('base64')}`,
    'whsec_ä',
  ])
    assert.equal(isSecret(text), false, text);
});

test("GitHub's signatures are verified", () => {
  const body = Buffer.from('{"zen":"x"}');
  const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
  assert.equal(verifyHubSignature(SECRET, signature, body), true);
  assert.equal(verifyHubSignature(SECRET, signature, Buffer.from('y')), false);
  assert.equal(verifyHubSignature('', signature, body), false);
  assert.equal(verifyHubSignature(SECRET, 'sha256=00', body), false);
});

/** The client's verification of webhooks, by the vectors of Standard Webhooks and by what the server signs. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { test } from 'node:test';
import { verifyWebhook, WebhookVerificationError } from '../../packages/client/src/index.ts';
import { newSecret, sign } from '../../src/webhooks/signing.ts';

const VECTOR = {
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: '1614265330',
  body: '{"test": 2432232314}',
  now: 1_614_265_330_000,
};

function headersOf(signature: string): Record<string, string> {
  return {
    'webhook-id': VECTOR.id,
    'webhook-timestamp': VECTOR.timestamp,
    'webhook-signature': signature,
  };
}

test('the vectors of the specification are valid', async () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const v1 = headersOf('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  assert.deepEqual(await verifyWebhook(secret, v1, VECTOR.body, { now: VECTOR.now }), { test: 2432232314 });
  const key = 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=';
  const v1a = headersOf(
    'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
  );
  assert.deepEqual(
    await verifyWebhook(key, new Headers(v1a), Buffer.from(VECTOR.body), { now: VECTOR.now }),
    {
      test: 2432232314,
    },
  );
});

test('what the server signs is valid, with the old and the new secret while they are rotated', async () => {
  const [old, next] = [newSecret(), newSecret()];
  const message = { id: 'evt_1', at: Date.now(), body: '{"type":"batch.completed"}' };
  const both = [old, next].map((secret) => sign(secret, message)['webhook-signature']).join(' ');
  const headers = { ...sign(old, message), 'webhook-signature': both };
  for (const secrets of [old, next, [newSecret(), next]])
    assert.equal((await verifyWebhook(secrets, headers, message.body)).type, 'batch.completed');
});

test('a signature v1a is valid by its public key only', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const key = `whpk_${publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64')}`;
  const signed = `${VECTOR.id}.${VECTOR.timestamp}.${VECTOR.body}`;
  const signature = signBytes(null, Buffer.from(signed), privateKey).toString('base64');
  const options = { now: VECTOR.now };
  await verifyWebhook(key, headersOf(`v1a,${signature}`), VECTOR.body, options);
  await assert.rejects(
    verifyWebhook(key, headersOf(`v1,${signature}`), VECTOR.body, options),
    WebhookVerificationError,
  );
});

test('every alteration is refused', async () => {
  const secret = newSecret();
  const message = { id: 'evt_1', at: Date.now(), body: '{"type":"batch.completed"}' };
  const headers = sign(secret, message);
  const rejected: [string, Record<string, string | undefined>, string, string | string[]][] = [
    ['body', headers, `${message.body} `, secret],
    ['id', { ...headers, 'webhook-id': 'evt_2' }, message.body, secret],
    ['no id', { ...headers, 'webhook-id': undefined }, message.body, secret],
    [
      'time',
      { ...headers, 'webhook-timestamp': String(Number(headers['webhook-timestamp']) + 1) },
      message.body,
      secret,
    ],
    ['a time that is none', { ...headers, 'webhook-timestamp': '123abc' }, message.body, secret],
    ['old', sign(secret, { ...message, at: message.at - 301_000 }), message.body, secret],
    ['of the future', sign(secret, { ...message, at: message.at + 302_000 }), message.body, secret],
    ['another secret', headers, message.body, newSecret()],
    ['no secret', headers, message.body, []],
    [
      'another version',
      { ...headers, 'webhook-signature': headers['webhook-signature'].replace('v1,', 'v2,') },
      message.body,
      secret,
    ],
    ['no base64', { ...headers, 'webhook-signature': 'v1,%%%' }, message.body, secret],
    ['an empty signature', { ...headers, 'webhook-signature': 'v1,' }, message.body, secret],
  ];
  for (const [name, altered, body, secrets] of rejected)
    await assert.rejects(verifyWebhook(secrets, altered, body), WebhookVerificationError, name);
  await assert.rejects(verifyWebhook('whsec_', headers, message.body), TypeError);
  await assert.rejects(verifyWebhook('secret', headers, message.body), TypeError);
});

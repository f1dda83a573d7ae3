import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { newSecret, sign } from '../../src/webhooks/signing.ts';
import { VERIFY_SAMPLE } from '../../web/pages/webhooks/verify-sample.ts';

type Sample = {
  isFromMinilab(headers: Record<string, string | undefined>, body: Buffer, secret: string): boolean;
};

test('the code that the page and the docs give to receivers takes our messages and no others', async () => {
  const module: unknown = await import(`data:text/javascript,${encodeURIComponent(VERIFY_SAMPLE)}`);
  const { isFromMinilab } = module as Sample;
  const [secret, other] = [newSecret(), newSecret()];
  const body = '{"type":"batch.completed","name":"Späne"}';
  const signed = (by: string, at = Date.now()): Record<string, string> => sign(by, { id: 'evt_1', at, body });
  const bytes = Buffer.from(body);
  assert.ok(isFromMinilab(signed(secret), bytes, secret));
  const both = `${signed(other)['webhook-signature']} ${signed(secret)['webhook-signature']}`;
  assert.ok(isFromMinilab({ ...signed(secret), 'webhook-signature': both }, bytes, secret));
  assert.ok(!isFromMinilab(signed(other), bytes, secret));
  assert.ok(!isFromMinilab(signed(secret), Buffer.from(`${body} `), secret));
  assert.ok(!isFromMinilab({ ...signed(secret), 'webhook-id': 'evt_2' }, bytes, secret));
  assert.ok(!isFromMinilab(signed(secret, Date.now() - 400_000), bytes, secret));
  assert.ok(!isFromMinilab({ ...signed(secret), 'webhook-timestamp': 'now' }, bytes, secret));
  assert.ok(!isFromMinilab({}, bytes, secret));
  const docs = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'webhooks.md'), 'utf8');
  assert.ok(docs.includes(VERIFY_SAMPLE));
});

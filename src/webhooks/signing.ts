/** Signatures of the Standard Webhooks specification, version v1 (symmetric). */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export type SignedHeaders = {
  'webhook-id': string;
  'webhook-timestamp': string;
  'webhook-signature': string;
};

const SECRET_BYTES = 32; // 24 to 64 are allowed
const TOLERANCE_S = 300;

export function newSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/** Whether a text is a secret: `whsec_` and 24 to 64 bytes in base64. */
export function isSecret(text: string): boolean {
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(text)) return false;
  const { length } = keyOf(text);
  return length >= 24 && length <= 64;
}

/** The headers of one attempt. `at` in milliseconds; the body is signed as it is sent. */
export function sign(
  secret: string,
  { id, at, body }: { id: string; at: number; body: string },
): SignedHeaders {
  const timestamp = String(Math.floor(at / 1000));
  const signature = signatureOf(secret, `${id}.${timestamp}.`, body).toString('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}

/**
 * When a message was signed with the secret (ms), by its sender's clock; undefined where it was not. Every
 * signature of the list is tried, all of them in the same time.
 */
export function signedAt(
  secret: string,
  headers: Record<string, string | string[] | undefined>,
  body: Buffer,
): number | undefined {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
    (name) => headers[name],
  );
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string')
    return undefined;
  if (!isSecret(secret) || id === '' || !/^\d{1,12}$/.test(timestamp)) return undefined;
  const expected = signatureOf(secret, `${id}.${timestamp}.`, body);
  const isSigned = signatures
    .split(' ')
    .filter((signature) => signature.startsWith('v1,'))
    .map((signature) => Buffer.from(signature.slice(3), 'base64'))
    .some((signature) => signature.length === expected.length && timingSafeEqual(signature, expected));
  return isSigned ? Number(timestamp) * 1000 : undefined;
}

/** Whether a message that was signed then may be taken now (ms): within 300 s, both ways. */
export function isTimely(at: number, now: number): boolean {
  return Math.abs(now - at) <= TOLERANCE_S * 1000;
}

/** GitHub's form: `X-Hub-Signature-256: sha256=` and the HMAC of the body in hexadecimal; it has no time. */
export function verifyHubSignature(secret: string, header: string, body: Buffer): boolean {
  const expected = createHmac('sha256', secret).update(body).digest();
  const signature = /^sha256=([0-9a-f]{64})$/.exec(header)?.[1];
  return secret !== '' && signature !== undefined && timingSafeEqual(Buffer.from(signature, 'hex'), expected);
}

function signatureOf(secret: string, prefix: string, body: string | Buffer): Buffer {
  return createHmac('sha256', keyOf(secret)).update(prefix).update(body).digest();
}

function keyOf(secret: string): Buffer {
  return Buffer.from(secret.slice('whsec_'.length), 'base64');
}

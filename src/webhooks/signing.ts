/** Signatures of the Standard Webhooks specification: v1 (symmetric) here, v1a in ed25519.ts. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { isPrivateKey, signEd25519 } from './ed25519.ts';

export type SignedHeaders = {
  'webhook-id': string;
  'webhook-timestamp': string;
  'webhook-signature': string;
};

const SECRET_BYTES = 32; // Standard Webhooks allows 24 to 64
const TOLERANCE_S = 300;

export function newSecret(): string {
  return `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
}

/** Whether a text is a valid secret: `whsec_` and 24 to 64 bytes in base64. */
export function isSecret(text: string): boolean {
  if (!/^whsec_[A-Za-z0-9+/]+={0,2}$/.test(text)) return false;
  const { length } = keyBytesOf(text);
  return length >= 24 && length <= 64;
}

/**
 * The signature headers of one request.
 * @param keys secrets (`whsec_…`, v1) and private keys (`whsk_…`, v1a): one signature each
 * @param message `at` in milliseconds since 1970; `body` exactly as sent
 */
export function sign(
  keys: string | readonly string[],
  { id, at, body }: { id: string; at: number; body: string },
): SignedHeaders {
  const timestamp = String(Math.floor(at / 1000));
  const signatures = [keys].flat().map((key) => versionedSignature(key, `${id}.${timestamp}.`, body));
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

function versionedSignature(key: string, prefix: string, body: string): string {
  return isPrivateKey(key)
    ? `v1a,${signEd25519(key, prefix + body).toString('base64')}`
    : `v1,${signatureOf(key, prefix, body).toString('base64')}`;
}

/**
 * Verifies a message. Each signature in the list is compared in constant time.
 * @returns when it was signed (milliseconds since 1970, by the sender's clock); undefined if it was not signed with the secret
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

/** Whether a signature is recent enough: at most 300 s off, in either direction. Both in milliseconds. */
export function isTimely(at: number, now: number): boolean {
  return Math.abs(now - at) <= TOLERANCE_S * 1000;
}

/** Verifies GitHub's `X-Hub-Signature-256: sha256=` with the HMAC of the body in hexadecimal; it has no timestamp. */
export function verifyHubSignature(secret: string, header: string, body: Buffer): boolean {
  const expected = createHmac('sha256', secret).update(body).digest();
  const signature = /^sha256=([0-9a-f]{64})$/.exec(header)?.[1];
  return secret !== '' && signature !== undefined && timingSafeEqual(Buffer.from(signature, 'hex'), expected);
}

function signatureOf(secret: string, prefix: string, body: string | Buffer): Buffer {
  return createHmac('sha256', keyBytesOf(secret)).update(prefix).update(body).digest();
}

function keyBytesOf(secret: string): Buffer {
  return Buffer.from(secret.slice('whsec_'.length), 'base64');
}

/** Verifies webhooks (Standard Webhooks) with WebCrypto: in Node, browsers and workers. */
import type { webhooks } from './schema.ts';

type BodyOf<T> = T extends { post: { requestBody: { content: { 'application/json': infer Body } } } }
  ? Body
  : never;

/** The body of a webhook of Minilab; `type` says which. */
export type WebhookEvent = { [Type in keyof webhooks]: BodyOf<webhooks[Type]> }[keyof webhooks];

export type VerifyOptions = {
  /** how far off the time of the signature may be; 300 by default */
  toleranceSeconds?: number;
  /** milliseconds since 1970; the clock of this machine by default */
  now?: number;
};

/** A webhook that is not from Minilab, was changed, or is old. */
export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError';
}

type HeadersLike = Headers | Record<string, string | string[] | undefined>;

/**
 * The event of a webhook with a valid signature.
 * @param secrets `whsec_…`, or `whpk_…` for signatures v1a; while a secret is rotated, the old one and the new one
 * @param body exactly as it was received
 * @throws WebhookVerificationError
 */
export async function verifyWebhook(
  secrets: string | readonly string[],
  headers: HeadersLike,
  body: string | Uint8Array,
  { toleranceSeconds = 300, now = Date.now() }: VerifyOptions = {},
): Promise<WebhookEvent> {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    headerOf(headers, name),
  );
  if (!id || !timestamp || !signatures) throw refused('a header of its signature is missing');
  if (!/^\d{1,12}$/.test(timestamp)) throw refused('its timestamp is not a number of seconds');
  if (Math.abs(now / 1000 - Number(timestamp)) > toleranceSeconds)
    throw refused(`its timestamp is more than ${toleranceSeconds} s off`);
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const signed = joined(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  for (const secret of [secrets].flat()) {
    const key = await keyOf(secret);
    for (const signature of signatures.split(' '))
      if (await isSignedBy(key, signature, signed))
        return JSON.parse(new TextDecoder().decode(bytes)) as WebhookEvent;
  }
  throw refused('no signature is valid');
}

type Key = { version: string; algorithm: string; key: CryptoKey };
type Bytes = Uint8Array<ArrayBuffer>;

const ALGORITHMS = {
  whsec_: { version: 'v1', algorithm: { name: 'HMAC', hash: 'SHA-256' }, least: 24 },
  whpk_: { version: 'v1a', algorithm: { name: 'Ed25519' }, least: 32 },
};

async function keyOf(secret: string): Promise<Key> {
  const [prefix = ''] = /^wh[a-z]+_/.exec(secret) ?? [];
  const kind = ALGORITHMS[prefix as keyof typeof ALGORITHMS] as (typeof ALGORITHMS)['whpk_'] | undefined;
  const bytes = kind && bytesOf(secret.slice(prefix.length));
  if (!bytes || bytes.length < kind.least)
    throw new TypeError(
      'The secret of a webhook begins with whsec_ or whpk_, and is at least 24 bytes in base64.',
    );
  const key = await crypto.subtle.importKey('raw', bytes, kind.algorithm, false, ['verify']);
  return { version: kind.version, algorithm: kind.algorithm.name, key };
}

async function isSignedBy(
  { version, algorithm, key }: Key,
  signature: string,
  signed: Bytes,
): Promise<boolean> {
  const [itsVersion, base64 = ''] = signature.split(',', 2);
  const bytes = itsVersion === version ? bytesOf(base64) : undefined;
  return bytes !== undefined && crypto.subtle.verify(algorithm, key, bytes, signed); // in constant time
}

/** undefined if the text is not base64 */
function bytesOf(base64: string): Bytes | undefined {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Bytes {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

function headerOf(headers: HeadersLike, name: string): string | undefined {
  if (headers instanceof Headers) return headers.get(name) ?? undefined;
  const [, value] = Object.entries(headers).find(([key]) => key.toLowerCase() === name) ?? [];
  return typeof value === 'string' ? value : undefined;
}

function refused(why: string): WebhookVerificationError {
  return new WebhookVerificationError(`The webhook is refused: ${why}.`);
}

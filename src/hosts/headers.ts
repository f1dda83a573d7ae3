/**
 * Request headers of a host, such as Authorization, Cookie, or the User-Agent that its owner has agreed to:
 * taken for secrets, kept encrypted, never shown, and sent to the origin of the address in
 * the CSV only.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { type PointedFlaw, Problem } from '../errors.ts';
import type { HostKey } from './host.ts';
import type { SecretsKey } from './secrets.ts';

export type Headers = Record<string, string>;

/** Headers as a row of `hosts` has them. */
export type SealedHeaders = {
  /** nonce, tag, and the text of AES-256-GCM */
  encrypted: Buffer;
  /** Another one when anything in them is another; without the key it tells nothing. */
  fingerprint: string;
};

/** @throws where the key is another one, or none */
export type OpenHeaders = (host: HostKey, sealed: SealedHeaders) => Promise<Headers>;

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MAX_HEADERS = 20;
const MAX_BYTES = 8_192; // servers refuse more

// What frames a message, is said to the next hop only, or is Minilab's own to say.
const REFUSED = new Set([
  ...['host', 'content-length', 'content-type', 'content-encoding', 'transfer-encoding', 'expect', 'trailer'],
  ...['connection', 'keep-alive', 'te', 'upgrade', 'http2-settings', 'proxy-connection'],
  ...['proxy-authorization', 'proxy-authenticate', 'accept-encoding', 'range'],
]);
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/; // RFC 9110, 5.6.2
const VALUE = /^[\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/;

/**
 * Names in lower case, in order.
 * @throws Problem `bad_request` with everything that is wrong; never with a value
 */
export function checkHeaders(headers: Headers): Headers {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const flaws = Object.entries(headers).flatMap(([name, value]) => flawOf(name, value) ?? []);
  if (new Set(entries.map(([name]) => name)).size < entries.length)
    flaws.push({ at: '/headers', code: 'header_twice', detail: 'A name stands twice.' });
  if (entries.length > MAX_HEADERS || JSON.stringify(entries).length > MAX_BYTES)
    flaws.push({
      at: '/headers',
      code: 'headers_too_large',
      detail: `At most ${MAX_HEADERS} headers of ${MAX_BYTES} bytes in all are sent.`,
    });
  if (flaws.length > 0)
    throw new Problem('bad_request', { detail: 'The headers cannot be sent as they are.', flaws });
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function flawOf(name: string, value: string): PointedFlaw | undefined {
  const at = `/headers/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const lower = name.toLowerCase();
  if (!TOKEN.test(lower)) return { at, code: 'header_name', detail: 'This is no name of a header.' };
  if (REFUSED.has(lower) || lower.startsWith('if-'))
    return { at, code: 'header_refused', detail: `${name} is for Minilab to say, and cannot be set.` };
  if (!VALUE.test(value))
    return {
      at,
      code: 'header_value',
      detail: `The value of ${name} is empty or has characters that cannot be sent.`,
    };
  return undefined;
}

export async function sealHeaders(key: SecretsKey, host: HostKey, headers: Headers): Promise<SealedHeaders> {
  const secret = await key.readOrMake();
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, secret, nonce).setAAD(boundTo(host));
  const text = Buffer.concat([cipher.update(JSON.stringify(headers), 'utf8'), cipher.final()]);
  return {
    encrypted: Buffer.concat([nonce, cipher.getAuthTag(), text]),
    fingerprint: fingerprintOf(secret, host, headers),
  };
}

/** Opens sealed headers, each but once. */
export function headersOpener(key: SecretsKey): OpenHeaders {
  const opened = new Map<string, Headers>();
  return async (host, sealed) => {
    const name = `${host.tenantId} ${host.host} ${sealed.fingerprint}`;
    const known = opened.get(name) ?? open(await key.read(), host, sealed);
    opened.set(name, known);
    return known;
  };
}

function open(secret: Buffer, host: HostKey, { encrypted }: SealedHeaders): Headers {
  const tagEnd = NONCE_BYTES + TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, secret, encrypted.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  })
    .setAAD(boundTo(host))
    .setAuthTag(encrypted.subarray(NONCE_BYTES, tagEnd));
  const text = Buffer.concat([decipher.update(encrypted.subarray(tagEnd)), decipher.final()]);
  return JSON.parse(text.toString()) as Headers;
}

/** What is sealed for one host opens for no other. */
function boundTo({ tenantId, host }: HostKey): Buffer {
  return Buffer.from(`hosts ${tenantId} ${host}`);
}

/** A keyed hash: a plain one would let a short secret be guessed by who reads the table. */
function fingerprintOf(secret: Buffer, host: HostKey, headers: Headers): string {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'minilab headers fingerprint', 32));
  return createHmac('sha256', key)
    .update(boundTo(host))
    .update(JSON.stringify(headers))
    .digest('hex')
    .slice(0, 32);
}

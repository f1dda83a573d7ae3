/**
 * Request headers that an operator sets for a host, such as Authorization, Cookie, or an agreed User-Agent.
 * They count as secrets: stored encrypted, never shown, and sent only to the origin of the URL in the CSV.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { type PointedFlaw, Problem } from '../errors.ts';
import type { HostKey } from './host.ts';
import type { SecretsKey } from './secrets.ts';

export type Headers = Record<string, string>;

/** Headers as stored in a row of `hosts`. */
export type SealedHeaders = {
  /** AES-256-GCM: nonce, tag and ciphertext */
  encrypted: Buffer;
  /** A keyed hash of the headers: it changes with them, and says nothing without the key. */
  fingerprint: string;
};

/** Decrypts headers. @throws where the key is missing or another one */
export type OpenHeaders = (host: HostKey, sealed: SealedHeaders) => Promise<Headers>;

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const MAX_HEADERS = 20;
const MAX_BYTES = 8_192; // in total; many servers refuse more

const REFUSED = new Set([
  // the framing of a message
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'transfer-encoding',
  'expect',
  'trailer',
  // for the next hop only
  'connection',
  'keep-alive',
  'te',
  'upgrade',
  'http2-settings',
  'proxy-connection',
  'proxy-authorization',
  'proxy-authenticate',
  // set by Minilab, like all that begin with if-
  'accept-encoding',
  'range',
]);
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/; // RFC 9110, 5.6.2
const VALUE = /^[\x21-\x7e\x80-\xff]([\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/;

/**
 * Checks the headers, and returns them sorted, with names in lower case.
 * @throws Problem `bad_request` with all flaws, and without the values of headers
 */
export function checkHeaders(headers: Headers): Headers {
  const entries = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  const flaws = Object.entries(headers).flatMap(([name, value]) => flawOf(name, value) ?? []);
  if (new Set(entries.map(([name]) => name)).size < entries.length)
    flaws.push({ at: '/headers', code: 'header_twice', detail: 'A header name is given twice.' });
  if (entries.length > MAX_HEADERS || JSON.stringify(entries).length > MAX_BYTES)
    flaws.push({
      at: '/headers',
      code: 'headers_too_large',
      detail: `At most ${MAX_HEADERS} headers with ${MAX_BYTES} bytes in total are allowed.`,
    });
  if (flaws.length > 0)
    throw new Problem('bad_request', { detail: 'The request headers are not valid.', flaws });
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function flawOf(name: string, value: string): PointedFlaw | undefined {
  const at = `/headers/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  const lower = name.toLowerCase();
  if (!TOKEN.test(lower)) return { at, code: 'header_name', detail: 'This is not a valid header name.' };
  if (REFUSED.has(lower) || lower.startsWith('if-'))
    return { at, code: 'header_refused', detail: `${name} is set by Minilab, and cannot be set here.` };
  if (!VALUE.test(value))
    return {
      at,
      code: 'header_value',
      detail: `The value of ${name} is empty, or contains characters that HTTP does not allow.`,
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

/** Decrypts headers, and caches them by their fingerprint. */
export function headersOpener(key: SecretsKey): OpenHeaders {
  const opened = new Map<string, Headers>();
  return async (host, sealed) => {
    const name = `${host.tenantId} ${host.host} ${sealed.fingerprint}`;
    const headers = opened.get(name) ?? open(await key.read(), host, sealed);
    opened.set(name, headers);
    return headers;
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

/** Binds the ciphertext to its host: copied to another row, it does not decrypt. */
function boundTo({ tenantId, host }: HostKey): Buffer {
  return Buffer.from(`hosts ${tenantId} ${host}`);
}

/** Keyed, because a short secret could be guessed from a plain hash by anyone who reads the table. */
function fingerprintOf(secret: Buffer, host: HostKey, headers: Headers): string {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'minilab headers fingerprint', 32));
  return createHmac('sha256', key)
    .update(boundTo(host))
    .update(JSON.stringify(headers))
    .digest('hex')
    .slice(0, 32);
}

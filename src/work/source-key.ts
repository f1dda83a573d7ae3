import { createHash } from 'node:crypto';

/**
 * The identity of a source: its URL, and the fingerprint of the secret headers that its host is requested
 * with (hosts/headers.ts), because other headers may get other bytes.
 */
export type SourceKey = { tenantId: number; url: string; headersFingerprint: string | null };

/** The column `sources.url_sha256` in hexadecimal. No URL has a line feed, so the text is unambiguous. */
export function sourceHash({ url, headersFingerprint }: SourceKey): string {
  const text = headersFingerprint === null ? url : `${url}\n${headersFingerprint}`;
  return createHash('sha256').update(text).digest('hex');
}

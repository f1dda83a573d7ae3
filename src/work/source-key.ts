import { createHash } from 'node:crypto';
import { type RawBuilder, sql } from 'kysely';

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

/** SQL: the same, as bytes. */
export function sourceHashOf(url: RawBuilder<unknown>, headersFingerprint: RawBuilder<unknown>) {
  return sql`sha256(convert_to(${url} || coalesce(E'\\n' || ${headersFingerprint}, ''), 'UTF8'))`;
}

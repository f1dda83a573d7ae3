import { type Static, Type } from 'typebox';
import type { Db } from '../db/database.ts';
import { ProductOfImage } from '../images/sheet.body.ts';
import type { BatchKey } from './batch.ts';
import { findExactly, findInRows, type FoundRow, lastRowOf } from './find.queries.ts';

const ROWS_AT_ONCE = 20_000; // some 30 ms; 100 ms with URLs (measured on 250,000 rows with 1,000,000 images)
const TURN_MS = 250; // a request searches until then, and says where to go on

export const Found = Type.Object(
  {
    row: Type.Integer({ description: 'Row of the CSV below its header, from 1' }),
    slot: Type.Integer({ description: 'Of the image that matches, else of the first one of the row' }),
    product: ProductOfImage,
    matched: Type.Enum(['row', 'sku', 'url', 'name']),
  },
  { 'x-name': 'Found' },
);

export function foundBody(row: FoundRow): Static<typeof Found> {
  const { row_number, slot, name, sku, images, matched } = row;
  return { row: row_number, slot, product: { name, sku, images }, matched };
}

/**
 * Searches a batch for rows, exact matches first.
 * @param afterRow where an earlier search went to; undefined for a new one
 * @returns `next`: where to go on; undefined when all rows were searched
 */
export async function findInBatch(
  db: Db,
  key: BatchKey,
  { text, limit, afterRow }: { text: string; limit: number; afterRow: number | undefined },
): Promise<{ rows: FoundRow[]; next: number | undefined }> {
  if (text === '') return { rows: [], next: undefined };
  const exact = await findExactly(db, key, { text, limit });
  const rows = afterRow === undefined ? exact : [];
  const shown = new Set(exact.map((row) => row.row_number));
  const last = await lastRowOf(db, key);
  const search = { pattern: inAnyCase(text), inUrls: /[./]/.test(text) };
  const until = performance.now() + TURN_MS;
  let after = afterRow ?? 0;
  while (after < last && rows.length < limit && performance.now() < until) {
    const to = after + ROWS_AT_ONCE;
    const found = await findInRows(db, key, { ...search, after, to, limit: limit + shown.size });
    const fresh = found.filter((row) => !shown.has(row.row_number)).slice(0, limit - rows.length);
    rows.push(...fresh);
    const isFull = rows.length === limit;
    after = isFull ? (fresh.at(-1)?.row_number ?? after) : to;
  }
  return { rows, next: after < last ? after : undefined };
}

/**
 * A regular expression of PostgreSQL for a text in any case. lower() depends on the locale of the database: that of
 * the bundled server knows ASCII only.
 */
function inAnyCase(text: string): string {
  const letters = Array.from(text, (letter) => {
    const [lower, upper] = [letter.toLowerCase(), letter.toUpperCase()];
    const hasCase = lower !== upper && lower.length === letter.length && upper.length === letter.length;
    return hasCase ? `[${lower}${upper}]` : letter.replace(/[\\^$.|?*+()[\]{}]/, '\\$&');
  });
  return letters.join('');
}

import { type TSchema, Type } from 'typebox';
import { Problem } from '../errors.ts';

export const PAGE_SIZE = 100;

/** Query parameters of every list. */
export const PageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, default: PAGE_SIZE })),
  cursor: Type.Optional(Type.String({ maxLength: 2000, description: '`next_cursor` of the previous page' })),
};

export function PageOf<T extends TSchema>(item: T) {
  const { 'x-name': name } = item as { 'x-name'?: string };
  return Type.Object(
    {
      items: Type.Array(item),
      next_cursor: Type.Union([Type.String(), Type.Null()], {
        description: '`cursor` of the next page; null: this is the last one',
      }),
    },
    name === undefined ? {} : { 'x-name': `${name}Page` },
  );
}

/** A page of `limit` items. @param rows up to `limit + 1` rows; the extra one shows that there is a next page */
export function pageOf<Row, Item>(
  rows: Row[],
  limit: number,
  { item, cursor }: { item: (row: Row) => Item; cursor: (row: Row) => unknown },
): { items: Item[]; next_cursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasNext = rows.length > limit && last !== undefined;
  return { items: shown.map(item), next_cursor: hasNext ? writeCursor(cursor(last)) : null };
}

export function writeCursor(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** @throws Problem `bad_request` for anything that is not a `next_cursor` */
export function readCursor(cursor: string | undefined): unknown {
  if (cursor === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw new Problem('bad_request', { detail: 'The cursor is not a next_cursor of a previous page.' });
  }
}

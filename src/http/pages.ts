import { type TSchema, Type } from 'typebox';
import { type IdPrefix, uuidOf } from '../ids.ts';
import { wrongParameter } from './flaws.ts';

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

/**
 * The value of a `next_cursor`. One of another list is refused: it would lead to the first page, again and again.
 * @throws Problem `bad_request` for anything that is not a `next_cursor` of this list
 */
export function readCursor<T>(
  cursor: string | undefined,
  isOurs: (value: unknown) => value is T,
): T | undefined {
  if (cursor === undefined) return undefined;
  const value = parsed(cursor);
  if (isOurs(value)) return value;
  throw wrongParameter('cursor', 'It must be the next_cursor of the page before.');
}

/** The UUID in the `next_cursor` of a list by id. @throws Problem `bad_request` */
export function readIdCursor(cursor: string | undefined, prefix: IdPrefix): string | undefined {
  const isId = (value: unknown): value is string => isText(value) && uuidOf(prefix, value) !== undefined;
  const id = readCursor(cursor, isId);
  return id === undefined ? undefined : uuidOf(prefix, id);
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

/** Of a row or a slot: a positive integer of PostgreSQL. */
export function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 31;
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
}

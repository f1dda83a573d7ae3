/** Where a rendition lies in storage, in TypeScript and in SQL. */
import { sql } from 'kysely';

/** `{tenant token}/{set id}/{rendition}.{extension}`: `KEY` is its exact form. */
export type StorageKey = string;

export const KEY = /^[0-9a-f]{32}\/[0-9a-v]{16}\/[a-z][a-z0-9-]{0,31}\.[a-z0-9]{1,5}$/;

/** One rendition set in storage: all keys of its files begin with `{token}/{setId}/`. */
export type StoredSet = { token: string; setId: string };

export function keyOf(
  { token, setId }: StoredSet,
  { name, extension }: { name: string; extension: string },
): StorageKey {
  return `${token}/${setId}/${name}.${extension}`;
}

/** `keyOf` of a row `r` of `renditions` and its row `t` of `tenants`. */
export const KEY_SQL = sql<StorageKey>`t.token || '/' || r.hash16 || '/' || r.name || '.' || r.extension`;

export function partsOf(key: StorageKey): StoredSet & { file: string } {
  const [token = '', setId = '', file = ''] = key.split('/');
  return { token, setId, file };
}

/** Where renditions and uploaded pictures lie in storage, in TypeScript and in SQL. */
import { sql } from 'kysely';

/** `{tenant token}/{set id}/{rendition}.{extension}`: `KEY` is its exact form. */
export type StorageKey = string;

export const KEY = /^[0-9a-f]{32}\/[0-9a-v]{16}\/(?:[a-z][a-z0-9-]{0,31}\.[a-z0-9]{1,5}|240\.webp|0\.bin)$/;

/** One rendition set in storage: all keys of its files begin with `{token}/{setId}/`. */
export type StoredSet = { token: string; setId: string };

export function keyOf(
  { token, setId }: StoredSet,
  { name, extension }: { name: string; extension: string },
): StorageKey {
  return `${token}/${setId}/${name}.${extension}`;
}

/**
 * The thumbnail of a set, which is made on first demand (pictures/thumbs.ts). No table has it, so whoever removes a
 * set removes it by this name. No rendition can have the name: theirs begin with a letter.
 */
const THUMB = { name: '240', extension: 'webp' };

export function thumbKeyOf(set: StoredSet): StorageKey {
  return keyOf(set, THUMB);
}

export function isThumbKey(key: StorageKey): boolean {
  return key === thumbKeyOf(partsOf(key));
}

/** `thumbKeyOf` of a row `p` with a `hash16`, and its row `t` of `tenants`. */
export const THUMB_KEY_SQL = sql<StorageKey>`t.token || '/' || p.hash16 || '/240.webp'`;

/**
 * A picture that was uploaded with the table of a batch, as its sender made it: it is read by decoders, and never
 * served. Older versions do not know the name, so that they take none of these files for an orphan.
 */
const UPLOADED = { name: '0', extension: 'bin' };

export function uploadedKeyOf(set: StoredSet): StorageKey {
  return keyOf(set, UPLOADED);
}

export function isUploadedKey(key: StorageKey): boolean {
  return key === uploadedKeyOf(partsOf(key));
}

/** `uploadedKeyOf` of a row `u` of `uploaded_files` and its row `t` of `tenants`. */
export const UPLOADED_KEY_SQL = sql<StorageKey>`t.token || '/' || u.hash16 || '/0.bin'`;

/** `keyOf` of a row `r` of `renditions` and its row `t` of `tenants`. */
export const KEY_SQL = sql<StorageKey>`t.token || '/' || r.hash16 || '/' || r.name || '.' || r.extension`;

/** The media type that a key's extension stands for. */
export function contentTypeOf(key: StorageKey): string {
  const extension = key.slice(key.lastIndexOf('.') + 1);
  if (extension === UPLOADED.extension) return 'application/octet-stream';
  return `image/${extension === 'jpg' ? 'jpeg' : extension}`;
}

/** The part of a key that is the same for all files of a set: `{token}/{set id}`. */
export function setNameOf(key: StorageKey): string {
  return key.slice(0, key.lastIndexOf('/'));
}

export function partsOf(key: StorageKey): StoredSet & { file: string } {
  const [token = '', setId = '', file = ''] = key.split('/');
  return { token, setId, file };
}

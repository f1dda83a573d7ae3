/**
 * Thumbnails of rendition sets that have no rendition of a usable size. They are made on first demand, of the
 * smallest rendition that is large enough, and stored beside it, so that they last as long as their set:
 *
 * - Nothing records them. A purge removes that of each of its sets, and the search for orphans finds what was
 *   stored after that.
 * - Two processes that make one at the same time store the same file: the first one stays.
 */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { chooseThumb, type SmallFile, THUMB_SIDE } from '../images/thumb.ts';
import { DecodersUnavailable } from '../pipeline/decoder-children.ts';
import { ImageProblem } from '../pipeline/problems.ts';
import { withDefaults } from '../presets/spec.ts';
import { contentTypeOf, keyOf, partsOf, type StorageKey, type StoredSet } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';
import type { IdleDecoders } from './idle-decoders.ts';
import { inTurnOf } from './in-turn.ts';

export type Thumbs = {
  /**
   * Makes and stores the thumbnail with this key.
   * @returns false if its set has none: there is no such set, or it has a rendition of a usable size
   * @throws Problem `busy`; StorageTrouble
   */
  make(key: StorageKey): Promise<boolean>;
};

export type ThumbParts = {
  db: Db;
  storage: Storage;
  decoders: IdleDecoders;
  /** for temporary files */
  folder: string;
  log: Logger;
};

const AT_ONCE = 2;
const WAITING = 500; // four pages of a contact sheet
const SPEC = withDefaults({
  name: 'thumb',
  format: 'webp',
  quality: 75,
  width: THUMB_SIDE,
  height: THUMB_SIDE,
});

export function createThumbs(parts: ThumbParts): Thumbs {
  const inTurn = inTurnOf(AT_ONCE, WAITING);
  const making = new Map<StorageKey, Promise<boolean>>();

  /** Keys are looked up before they wait, so that invented ones take nobody's turn. */
  async function makeOnce(key: StorageKey): Promise<boolean> {
    const from = await sourceOf(key, parts.db);
    return from !== undefined && inTurn(() => makeThumb(key, from, parts));
  }

  return {
    make(key) {
      const made = making.get(key) ?? makeOnce(key).finally(() => making.delete(key));
      making.set(key, made);
      return made;
    },
  };
}

/** The key of the rendition that a thumbnail is made of; undefined if its set has none, or needs none. */
async function sourceOf(key: StorageKey, db: Db): Promise<StorageKey | undefined> {
  const set = partsOf(key);
  const choice = chooseThumb(await filesOf(db, set));
  return choice?.isMade ? keyOf(set, choice.file) : undefined;
}

async function makeThumb(key: StorageKey, from: StorageKey, parts: ThumbParts): Promise<boolean> {
  const { storage, decoders, folder } = parts;
  const { signal } = new AbortController();
  const source = await storage.open(from, signal);
  if (!source) return false;
  const input = join(folder, `thumb-${randomUUID()}`);
  const output = `${input}.webp`;
  try {
    await pipeline(source.content, createWriteStream(input));
    const job = { input, bytes: source.bytes, renditions: [{ ...SPEC, output }] };
    const { files } = await decoders.use((pool) => pool.make(job, signal));
    const [file] = files;
    if (!file) throw new Error('the decoder did not make the thumbnail');
    await storage.put(key, { ...file, path: output, contentType: contentTypeOf(key) }, signal);
    return true;
  } catch (error) {
    if (!(error instanceof ImageProblem) && !(error instanceof DecodersUnavailable)) throw error;
    parts.log.warn({ err: error, key }, 'a thumbnail cannot be made');
    throw new Problem('busy', { detail: 'The thumbnail cannot be made at the moment.', cause: error });
  } finally {
    for (const path of [input, output]) await rm(path, { force: true });
  }
}

async function filesOf(db: Db, { token, setId }: StoredSet): Promise<SmallFile[]> {
  const { rows } = await sql<SmallFile>`
    select r.name, r.extension, r.width, r.height
    from tenants t join renditions r on r.tenant_id = t.tenant_id
    where t.token = ${token} and r.hash16 = ${setId}
    order by r.ordinal`.execute(db);
  return rows;
}

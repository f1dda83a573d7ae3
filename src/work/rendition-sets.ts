import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Db, isPassingTrouble } from '../db/database.ts';
import type { KnownSet, MadeSet } from '../pipeline/pipeline.ts';
import { type LookRow, readLook } from '../marks/look.ts';
import { MEASURES_VERSION } from '../pipeline/measures.ts';
import { KEY_SQL } from '../storage/keys.ts';

/** The full key of a rendition set. Its id is the column `hash16`. */
export type SetKey = { tenantId: number; setId: string };

/** A rendition set as the key of a Map. */
export function setName({ tenantId, setId }: SetKey): string {
  return `${tenantId} ${setId}`;
}

type Wanted = { key: SetKey; found: PromiseWithResolvers<KnownSet | undefined> };

// A statement costs the same for one set as for ten. The images of a busy worker wait longer than this for a decoder.
const GATHER_MS = 80;
const BUSY_WITHIN_MS = 250; // BUSY_FROM sets are asked for
const BUSY_FROM = 5;

/**
 * Finds sets. Those that are asked for while a statement is under way share the next one, and so do those of a busy
 * worker that are asked for within a moment.
 * @returns a function that finds a set: undefined when there is none, and also while the database is away, because
 *   making it again costs less than a try
 */
export function setFinder(
  db: Db,
  { gatherMs, busyWithinMs } = { gatherMs: GATHER_MS, busyWithinMs: BUSY_WITHIN_MS },
): (tenantId: number, setId: string) => Promise<KnownSet | undefined> {
  let waiting: Wanted[] = [];
  let isFinding = false;
  const askedAt: number[] = []; // the last times, performance.now()

  const isBusy = (): boolean =>
    askedAt.length === BUSY_FROM && performance.now() - (askedAt[0] ?? 0) < busyWithinMs;

  async function findAll(): Promise<void> {
    isFinding = true;
    while (waiting.length > 0) {
      if (isBusy()) await sleep(gatherMs);
      const wanted = waiting;
      waiting = [];
      await findTogether(db, wanted);
    }
    isFinding = false;
  }

  return (tenantId, setId) => {
    const found = Promise.withResolvers<KnownSet | undefined>();
    waiting.push({ key: { tenantId, setId }, found });
    askedAt.push(performance.now());
    if (askedAt.length > BUSY_FROM) askedAt.shift();
    if (!isFinding) void findAll();
    return found.promise;
  };
}

async function findTogether(db: Db, wanted: Wanted[]): Promise<void> {
  try {
    const sets = await findSets(
      db,
      wanted.map(({ key }) => key),
    );
    for (const { key, found } of wanted) found.resolve(sets.get(setName(key)));
  } catch (error) {
    for (const { found } of wanted) {
      if (isPassingTrouble(error)) found.resolve(undefined);
      else found.reject(error);
    }
  }
}

/** @returns the sets that there are, by `setName` */
export async function findSets(db: Db, keys: SetKey[]): Promise<Map<string, KnownSet>> {
  if (keys.length === 0) return new Map();
  const tenantIds = keys.map(({ tenantId }) => tenantId);
  const setIds = keys.map(({ setId }) => setId);
  type Row = LookRow & {
    tenant_id: number;
    hash16: string;
    source_bytes: number;
    files: MadeSet['files'] | null;
  };
  const { rows } = await sql<Row>`
    select s.tenant_id, s.hash16, s.source_bytes, c.look_hash, c.measures->'chroma' as chroma,
      (select json_agg(json_build_object('key', ${KEY_SQL}, 'bytes', r.bytes))
        from renditions r where r.tenant_id = s.tenant_id and r.hash16 = s.hash16) as files
    from rendition_sets s join tenants t on t.tenant_id = s.tenant_id
    left join contents c on c.tenant_id = s.tenant_id and c.sha256 = s.source_sha256
      and (c.measures->'v')::integer >= ${MEASURES_VERSION}
    where (s.tenant_id, s.hash16) in (select * from unnest(${tenantIds}::integer[], ${setIds}::text[]))`.execute(
    db,
  );
  return new Map(
    rows.map((row) => {
      const { tenant_id: tenantId, hash16: setId, source_bytes: sourceBytes, files } = row;
      return [setName({ tenantId, setId }), { setId, sourceBytes, files: files ?? [], look: readLook(row) }];
    }),
  );
}

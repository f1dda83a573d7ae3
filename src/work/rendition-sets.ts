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

/**
 * Finds sets. Those that are asked for while a statement is under way share the next one.
 * @returns a function that finds a set: undefined when there is none, and also while the database is away, because
 *   making it again costs less than a try
 */
export function setFinder(db: Db): (tenantId: number, setId: string) => Promise<KnownSet | undefined> {
  let waiting: Wanted[] = [];
  let isFinding = false;

  async function findAll(): Promise<void> {
    isFinding = true;
    while (waiting.length > 0) {
      const wanted = waiting;
      waiting = [];
      await findTogether(db, wanted);
    }
    isFinding = false;
  }

  return (tenantId, setId) => {
    const found = Promise.withResolvers<KnownSet | undefined>();
    waiting.push({ key: { tenantId, setId }, found });
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

import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { BatchState } from '../batches/batch.ts';
import { type EventRules, writeBatchEvents } from '../batches/events.ts';
import type { ClaimedImage } from './process-image.ts';
import type { Recipe } from '../presets/spec.ts';
import { readRecipe, type StoredRecipe } from '../presets/stored.ts';
import { MarkCache } from '../marks/mark-cache.ts';
import type { OnPlaceholder } from '../pipeline/marks.ts';
import { storedSource } from '../pipeline/uploaded-source.ts';
import { findReusable, KNOWN_SOURCE, type KnownSource } from './reuse.ts';
import { sourceHashOf } from './source-key.ts';
import type { Task } from '../queue/queue.ts';
import { isWanted } from '../webhooks/receivers.ts';

/**
 * Reads the images of claimed tasks, and marks their batches as begun. The images are not marked: their claimed tasks
 * say that they are in work (images/image.ts). A batch that a crash leaves pending is begun by its next claim, or
 * settled from `pending`.
 * @returns the images by task id, without those that are no longer queued for their task
 */
export async function claimImages(
  db: Db,
  tasks: Task<'process_image'>[],
  rules: EventRules,
  marks = new MarkCache(),
): Promise<Map<string, ClaimedImage>> {
  const rows = await readClaimed(db, tasks);
  const pending = rows.filter((row) => row.batch_state === 'pending');
  if (pending.length > 0)
    await beginBatches(db, new Map(pending.map((row) => [row.batch_id, row.tenant_id])), rules);
  const reusable = await findReusable(db, rows);
  const marksOf = await marks.of(db, new Map(rows.map((row) => [row.tenant_id, row.marks_version])));
  return new Map(
    rows.map((row, i) => [
      row.task_id,
      {
        tenantId: row.tenant_id,
        batchId: row.batch_id,
        slot: row.slot,
        url: row.url,
        storedAt: storedSource({ ...row, batchId: row.batch_id }),
        headersFingerprint: row.headers_fingerprint,
        recipe: row.recipe,
        tenantToken: row.token,
        reusable: reusable[i],
        isForced: row.force,
        marks: marksOf.get(row.tenant_id) ?? [],
        placeholders: row.placeholders,
        tries: row.tries,
        stalls: row.stalls,
        deadlineAt: new Date(Date.now() + row.ms_left),
        claimedAt: row.claimed_at,
      },
    ]),
  );
}

/**
 * Marks batches as begun, with their events if an endpoint asked for them, in one transaction.
 * @param tenants the tenant of each batch id
 */
async function beginBatches(db: Db, tenants: Map<string, number>, rules: EventRules): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const begun = await markBegun(trx, tenants);
    const wanted = begun.filter((batch) => batch.wants_event);
    await writeBatchEvents(
      trx,
      wanted.map(({ tenant_id: tenantId, batch_id: batchId }) => ({
        tenantId,
        batchId,
        type: 'batch.started',
      })),
      rules,
    );
  });
}

type BegunBatch = { tenant_id: number; batch_id: string; wants_event: boolean };

async function markBegun(trx: Db, tenants: Map<string, number>): Promise<BegunBatch[]> {
  const { rows } = await sql<BegunBatch>`
    update batches b set state = 'processing', started_at = coalesce(started_at, now()), version = version + 1
    from (
      select tenant_id, batch_id from batches
      where (tenant_id, batch_id) in (
          select * from unnest(${[...tenants.values()]}::integer[], ${[...tenants.keys()]}::uuid[]))
        and state = 'pending'
      -- every transaction that locks several batches does so in this order, so that none deadlock
      order by tenant_id, batch_id
      for update
    ) begun
    where b.tenant_id = begun.tenant_id and b.batch_id = begun.batch_id and b.state = 'pending'
    returning b.tenant_id, b.batch_id, ${isWanted('batch.started', sql`b.tenant_id`)} as wants_event`.execute(
    trx,
  );
  return rows;
}

type ClaimedRow = {
  task_id: string;
  tenant_id: number;
  batch_id: string;
  slot: number;
  url: string;
  host: string;
  tries: number;
  stalls: number;
  recipe: Recipe;
  token: string;
  ms_left: number;
  claimed_at: string;
  force: boolean;
  headers_fingerprint: string | null;
  placeholders: OnPlaceholder;
  marks_version: number;
  batch_state: BatchState;
} & KnownSource;

async function readClaimed(db: Db, tasks: Task<'process_image'>[]): Promise<ClaimedRow[]> {
  const { rows } = await sql<Omit<ClaimedRow, 'recipe'> & { recipe: StoredRecipe }>`
    with claimed as (
      select task_id, tenant_id, batch_id, slot, url, host, tries, recipe from images
      where task_id = any(${tasks.map((task) => task.id)}::uuid[]) and state in ('queued', 'processing')
    )
    select c.task_id, c.tenant_id, c.batch_id, c.slot, c.url, c.host, c.tries, b.recipes -> c.recipe as recipe, t.token, t.marks_version, b.placeholders, b.state as batch_state, b.force,
      (extract(epoch from b.began_at + make_interval(hours => b.deadline_hours) - clock_timestamp()) * 1000)::float8 as ms_left,
      (select count(*) from stalls x
        where x.tenant_id = c.tenant_id and x.batch_id = c.batch_id and x.slot = c.slot and x.at >= b.began_at) as stalls,
      h.headers_fingerprint, ${KNOWN_SOURCE},
      -- a text, because a Date would round the microseconds, and only the database compares it
      clock_timestamp()::text as claimed_at
    from claimed c
    join batches b on b.tenant_id = c.tenant_id and b.batch_id = c.batch_id
    join tenants t on t.tenant_id = c.tenant_id
    left join hosts h on h.tenant_id = c.tenant_id and h.host = c.host
    left join sources s on s.tenant_id = c.tenant_id
      and s.url_sha256 = ${sourceHashOf(sql`c.url`, sql`h.headers_fingerprint`)}`.execute(db);
  return rows.map((row) => Object.assign(row, { recipe: readRecipe(row.recipe) }));
}

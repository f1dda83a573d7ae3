/**
 * The window: the images in the queue, of all batches, and how batches share it.
 *
 * Batches that could be fed more get equal shares. A batch that could not, because its hosts are on hold or
 * have as many images as they can serve, or its images are due later, keeps what it has in the window. The
 * others share the rest.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { IS_GIVEN_UP, permitsNow } from '../hosts/host.ts';
import { IS_LIVE } from '../queue/workers.ts';
import type { BatchKey } from './batch.ts';

const SMALLEST_WINDOW = 64;
const WINDOW_PER_CAPACITY = 3; // one image in hand, and two that are ready when it ends
const WINDOW_PER_PERMIT = 4; // a slow host cannot fill the window
const LEAST_SHARE_FED = 0.2; // a feed costs two statements; the capacity of a worker is a third of the window
const MAX_HOSTS_A_WALK = 1_000;

/** How many images may be in the queue, over all batches. */
const WINDOW_SIZE = sql`
  (select greatest(${SMALLEST_WINDOW}::integer, ${WINDOW_PER_CAPACITY}::integer * coalesce(sum(slots), 0)) as size
  from workers where ${IS_LIVE})`;

/** CTEs: how many images each host (`busy`) and each batch (`windows`) has in the window. */
export const WINDOW_NOW = sql`
  busy as (select tenant_id, host, count(*) as n from images where task_id is not null group by tenant_id, host),
  windows as (select tenant_id, batch_id, count(*) as n from images where task_id is not null group by tenant_id, batch_id)`;

/** How many more images of a host the window may take: of a row `h` of `hosts` and a row of `busy`, both possibly null. */
export function hostRoom(hostConcurrency: number) {
  return sql`(case
    when ${IS_GIVEN_UP} then ${SMALLEST_WINDOW}
    when h.held_until > now() then 0
    when h.connect_failures > 0 then ${permitsNow(hostConcurrency)}
    else ${WINDOW_PER_PERMIT} * ${permitsNow(hostConcurrency)} end - coalesce(busy.n, 0))`;
}

/**
 * A recursive CTE: the hosts of the due images of a batch as `walk (host, n)`. It skips through the index with
 * one look-up for each host (a loose index scan), so that it never reads a million images of one busy host.
 */
export function hostsOf(tenantId: unknown, batchId: unknown) {
  return sql`
    walk (host, n) as (
      select min(i.host), 1 from images i
        where i.tenant_id = ${tenantId} and i.batch_id = ${batchId}
          and i.state = 'pending' and i.due_at is null and i.slot = i.lead_slot
      union all
      select (select min(i.host) from images i
        where i.tenant_id = ${tenantId} and i.batch_id = ${batchId} and i.host > walk.host
          and i.state = 'pending' and i.due_at is null and i.slot = i.lead_slot), walk.n + 1
      from walk where walk.host is not null and walk.n < ${MAX_HOSTS_A_WALK}
    )`;
}

/** Whether any image of a row `b` of `batches` could be fed, beside WINDOW_NOW. It stops at the first host that has room. */
function canBeFed(hostConcurrency: number) {
  return sql`exists (
    with recursive ${hostsOf(sql`b.tenant_id`, sql`b.batch_id`)}
    select from walk
    left join busy on busy.tenant_id = b.tenant_id and busy.host = walk.host
    left join hosts h on h.tenant_id = b.tenant_id and h.host = walk.host
    where walk.host is not null and ${hostRoom(hostConcurrency)} > 0)`;
}

/** A batch that may be fed, and with how many images. */
export type Room = BatchKey & { room: number };

/** Running batches that may be fed. Those with nothing in the queue are first: no result will feed them. */
export async function hungryBatches(db: Db, hostConcurrency: number): Promise<Room[]> {
  return roomsOf(db, sql`select tenant_id, batch_id from batches where ended_at is null`, hostConcurrency);
}

/**
 * Those of the batches that may be fed. Every group of results calls this, mostly for batches that have all
 * that they could have if they were alone: a statement that costs a quarter leaves these out first.
 */
export async function roomsInWindow(trx: Db, batches: BatchKey[], hostConcurrency: number): Promise<Room[]> {
  if (batches.length === 0) return [];
  const { rows } = await sql<{ tenant_id: number; batch_id: string }>`
    select tenant_id, batch_id from (${listOf(batches)}) b, ${WINDOW_SIZE} w
    where size * ${1 - LEAST_SHARE_FED}::float8 >= (
      select count(*) from images i
      where i.tenant_id = b.tenant_id and i.batch_id = b.batch_id and i.task_id is not null)`.execute(trx);
  const wanted = rows.map((row) => ({ tenantId: row.tenant_id, batchId: row.batch_id }));
  return wanted.length === 0 ? [] : roomsOf(trx, listOf(wanted), hostConcurrency);
}

function listOf(batches: BatchKey[]): RawBuilder<unknown> {
  const [tenants, ids] = [batches.map(({ tenantId }) => tenantId), batches.map(({ batchId }) => batchId)];
  return sql`select * from unnest(${tenants}::integer[], ${ids}::uuid[]) as w (tenant_id, batch_id)`;
}

/** A share that is almost full has no room yet, so that images are fed in groups. */
async function roomsOf(db: Db, wanted: RawBuilder<unknown>, hostConcurrency: number): Promise<Room[]> {
  const { rows } = await sql<{ tenant_id: number; batch_id: string; room: number }>`
    with ${WINDOW_NOW},
    wanted as (${wanted}),
    -- the batches with images in the window, and the wanted ones
    present as (
      select tenant_id, batch_id, coalesce(windows.n, 0) as mine, wanted.batch_id is not null as is_wanted
      from windows full join wanted using (tenant_id, batch_id)
    ),
    -- materialized: canBeFed walks the index, and must run once for each batch
    fed as materialized (select b.*, ${canBeFed(hostConcurrency)} as is_hungry from present b),
    -- the size of the window, less what the others keep, divided among those that could be fed
    shares as (
      select fed.*, greatest(1, (size - coalesce(sum(mine) filter (where not is_hungry) over (), 0))
        / greatest(1, count(*) filter (where is_hungry) over ()))::integer as share
      from fed, ${WINDOW_SIZE} w
    )
    select tenant_id, batch_id, (share - mine)::integer as room from shares
    where is_wanted and is_hungry and share - mine >= greatest(1, share * ${LEAST_SHARE_FED}::float8)
    order by mine, tenant_id, batch_id`.execute(db);
  return rows.map((row) => ({ tenantId: row.tenant_id, batchId: row.batch_id, room: row.room }));
}

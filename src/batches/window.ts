/**
 * The window: the images in the queue, of all batches, and how batches share it.
 *
 * Batches that could be fed more get equal shares. A batch that could not, because its hosts are on hold or
 * have as many images as they can serve, or its images are due later, keeps what it has in the window. The
 * others share the rest.
 *
 * Batches share the room of a host, which is `4 x permits` images, by two rules:
 * - a batch may take what is free of it, and
 * - a batch that has less than its share (the room, divided by the batches with images of the host in the
 *   window) may fill its share, even if others have more than theirs. These get nothing new until they are
 *   down to theirs, so that a host has up to twice its room for a moment.
 * So a new batch starts at once next to one that has the whole host, and no batch needs to know who waits.
 *
 * If more batches want a host than its room holds, a share is less than one image. The feed of a new batch
 * and the sweep give one image nevertheless; the feed after results does not. So batches with results leave,
 * and the sweep picks the next ones at random: each gets its turn, and none waits for the end of another.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { IS_GIVEN_UP, permitsNow } from '../hosts/host.ts';
import { UPLOAD_HOST } from '../pipeline/uploaded-source.ts';
import { IS_LIVE } from '../queue/workers.ts';
import type { BatchKey } from './batch.ts';

const SMALLEST_WINDOW = 64;
const WINDOW_PER_CAPACITY = 3; // one image in hand, and two that are ready when it ends
const WINDOW_PER_PERMIT = 4; // a slow host cannot fill the window
const LEAST_SHARE_FED = 0.2; // a feed costs two statements; the capacity of a worker is a third of the window
const MAX_OF_HOST_ROOM = 2; // while batches fill their shares
const BOUNDLESS = 1_000_000; // its double is an integer too
const MAX_HOSTS_A_WALK = 1_000; // hosts on hold are not counted: they would hide the others

/** How many images may be in the queue, over all batches. */
const WINDOW_SIZE = sql`
  (select greatest(${SMALLEST_WINDOW}::integer, ${WINDOW_PER_CAPACITY}::integer * coalesce(sum(slots), 0)) as size
  from workers where ${IS_LIVE})`;

/** CTEs: how many images each batch has in the window at each host (`parts`), each host (`busy`), and each batch (`windows`). */
export const WINDOW_NOW = sql`
  parts as materialized (
    select tenant_id, batch_id, host, count(*)::integer as n from images where task_id is not null
    group by tenant_id, batch_id, host),
  busy as (
    select tenant_id, host, sum(n)::integer as n, count(*)::integer as batches from parts group by tenant_id, host),
  windows as (select tenant_id, batch_id, sum(n)::integer as n from parts group by tenant_id, batch_id)`;

/** How shares are computed. */
export type ShareRules = {
  hostConcurrency: number;
  /** whether the batches have just had results, and give way if there are too many for a host */
  hadTurn?: boolean;
};

/**
 * SQL of one row: how many more images of a host a batch may have in the window, of a row of `walk`, and
 * of a row `h` of `hosts`, a row of `busy`, and the row `mine` of `parts`, which may be null. `size`: of the room; `free`: what is free of it; `most`:
 * what fits at all while batches fill their shares; `in_share`: what the batch has less than its share.
 */
export function hostRoom(rules: ShareRules) {
  return sql`
    select size, size - taken as free, size * ${MAX_OF_HOST_ROOM}::integer - taken as most,
      ${hostShare(sql`coalesce(busy.batches, 0) + (mine.n is null)::integer`, rules)} - coalesce(mine.n, 0) as in_share
    from (select coalesce(busy.n, 0) as taken, case
      when walk.host = ${UPLOAD_HOST} then ${BOUNDLESS}::integer
      when ${IS_GIVEN_UP} then ${SMALLEST_WINDOW}::integer
      when h.held_until > now() then 0
      when h.connect_failures > 0 then ${permitsNow(rules.hostConcurrency)}
      else ${WINDOW_PER_PERMIT}::integer * ${permitsNow(rules.hostConcurrency)} end as size) room`;
}

/** SQL: the share of a batch in the room of a host, of a row with its `size`. @param batches that share it, as SQL */
export function hostShare(batches: RawBuilder<unknown>, { hadTurn = false }: ShareRules) {
  return sql`greatest(size / (${batches}), ${hadTurn ? 0 : 1}::integer)`;
}

/** How many images that is, of a row of `hostRoom`. */
export const ALLOWED = sql`greatest(free, least(in_share, most))`;

/**
 * A recursive CTE: the hosts of the due images of some batches as `walk (tenant_id, batch_id, host, n)`. It skips
 * through the index with one look-up for each host (a loose index scan), so that it never reads a million images of
 * one busy host.
 * @param batches rows with `tenant_id` and `batch_id`
 */
export function hostsOf(batches: RawBuilder<unknown>) {
  const IS_DUE = sql`i.state = 'pending' and i.due_at is null and i.slot = i.lead_slot`;
  return sql`
    walk (tenant_id, batch_id, host, n) as (
      select w.tenant_id, w.batch_id, (select min(i.host) from images i
        where i.tenant_id = w.tenant_id and i.batch_id = w.batch_id and ${IS_DUE}), 0
      from (${batches}) w
      union all
      select walk.tenant_id, walk.batch_id, (select min(i.host) from images i
        where i.tenant_id = walk.tenant_id and i.batch_id = walk.batch_id and i.host > walk.host and ${IS_DUE}),
        walk.n + (not exists (select from hosts h
          where h.tenant_id = walk.tenant_id and h.host = walk.host and h.held_until > now() and not ${IS_GIVEN_UP}))::integer
      from walk where walk.host is not null and walk.n < ${MAX_HOSTS_A_WALK}
    )`;
}

/** Whether any image of a row `b` of `batches` could be fed, beside WINDOW_NOW. It stops at the first host that has room. */
function canBeFed(rules: ShareRules) {
  return sql`exists (
    with recursive ${hostsOf(sql`select b.tenant_id, b.batch_id`)}
    select from walk
    left join busy on busy.tenant_id = b.tenant_id and busy.host = walk.host
    left join parts mine on mine.tenant_id = b.tenant_id and mine.batch_id = b.batch_id and mine.host = walk.host
    left join hosts h on h.tenant_id = b.tenant_id and h.host = walk.host
    cross join lateral (${hostRoom(rules)}) room
    where walk.host is not null and ${ALLOWED} > 0)`;
}

/** A batch that may be fed, and with how many images. */
export type Room = BatchKey & { room: number };

/** Running batches that may be fed. Those with nothing in the queue are first, in random order: no result will feed them. */
export async function hungryBatches(db: Db, hostConcurrency: number): Promise<Room[]> {
  return roomsOf(db, sql`select tenant_id, batch_id from batches where ended_at is null`, {
    hostConcurrency,
  });
}

/**
 * Those of the batches that may be fed. Every group of results calls this, mostly for batches that have all
 * that they could have if they were alone: a statement that costs a quarter leaves these out first.
 */
export async function roomsInWindow(trx: Db, batches: BatchKey[], rules: ShareRules): Promise<Room[]> {
  if (batches.length === 0) return [];
  const { rows } = await sql<{ tenant_id: number; batch_id: string }>`
    select tenant_id, batch_id from (${listOf(batches)}) b, ${WINDOW_SIZE} w
    where size * ${1 - LEAST_SHARE_FED}::float8 >= (
      select count(*) from images i
      where i.tenant_id = b.tenant_id and i.batch_id = b.batch_id and i.task_id is not null)`.execute(trx);
  const wanted = rows.map((row) => ({ tenantId: row.tenant_id, batchId: row.batch_id }));
  return wanted.length === 0 ? [] : roomsOf(trx, listOf(wanted), rules);
}

function listOf(batches: BatchKey[]): RawBuilder<unknown> {
  const [tenants, ids] = [batches.map(({ tenantId }) => tenantId), batches.map(({ batchId }) => batchId)];
  return sql`select * from unnest(${tenants}::integer[], ${ids}::uuid[]) as w (tenant_id, batch_id)`;
}

/** A share that is almost full has no room yet, so that images are fed in groups. */
async function roomsOf(db: Db, wanted: RawBuilder<unknown>, rules: ShareRules): Promise<Room[]> {
  const { rows } = await sql<{ tenant_id: number; batch_id: string; room: number }>`
    with ${WINDOW_NOW},
    wanted as (${wanted}),
    -- the batches with images in the window, and the wanted ones
    present as (
      select tenant_id, batch_id, coalesce(windows.n, 0) as mine, wanted.batch_id is not null as is_wanted
      from windows full join wanted using (tenant_id, batch_id)
    ),
    -- materialized: canBeFed walks the index, and must run once for each batch
    fed as materialized (select b.*, ${canBeFed(rules)} as is_hungry from present b),
    -- the size of the window, less what the others keep, divided among those that could be fed
    shares as (
      select fed.*, greatest(1, (size - coalesce(sum(mine) filter (where not is_hungry) over (), 0))
        / greatest(1, count(*) filter (where is_hungry) over ()))::integer as share
      from fed, ${WINDOW_SIZE} w
    )
    select tenant_id, batch_id, (share - mine)::integer as room from shares
    where is_wanted and is_hungry and share - mine >= greatest(1, share * ${LEAST_SHARE_FED}::float8)
    order by mine, random()`.execute(db);
  return rows.map((row) => ({ tenantId: row.tenant_id, batchId: row.batch_id, room: row.room }));
}

/**
 * The window: so many images are in the queue, over all batches, and how they are shared.
 *
 * Batches that could be fed more have equal shares. One that cannot, because its hosts are on hold or
 * have all that they can serve, or its images are due later, takes what it has in the window and no more;
 * what it leaves is for the others.
 *
 * Batches share the room of a host, which is `4 x permits` images, by two rules:
 * - a batch may take what is free of it, and
 * - a batch that has less than its share (the room, divided by the batches that have images of the host in
 *   the window) may fill its share up, even if others hold more than theirs. These get nothing new before
 *   they are down to theirs, so that a host has up to twice its room for a moment.
 * So a new batch starts at once beside one that has the whole host, and no batch must know which others wait.
 *
 * Where more batches want a host than its room holds, a share is less than one image. The feed of a new
 * batch, and the sweep, give one image all the same; the feed after results does not. So those that had
 * results leave, and the sweep chooses by lot which come next: each has its turn, and none waits for the end
 * of another.
 */
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { IS_GIVEN_UP, placesNow } from '../hosts/host.ts';
import { IS_LIVE } from '../queue/workers.ts';
import type { BatchKey } from './batch.ts';

const SMALLEST_WINDOW = 64;
const WINDOW_PER_SLOT = 3; // one in work, and two that are there when it ends
const WINDOW_PER_HOST_PLACE = 4; // a slow host cannot fill the window
const LEAST_SHARE_FED = 0.2; // a feed costs two statements; the slots of a worker are a third of the window
const MAX_OF_HOST_ROOM = 2; // while batches fill their shares up
const MAX_HOSTS_A_WALK = 1_000; // those on hold are not counted, or they would hide the others

/** How many images may be in the queue, over all batches. */
const WINDOW_SIZE = sql`
  (select greatest(${SMALLEST_WINDOW}::integer, ${WINDOW_PER_SLOT}::integer * coalesce(sum(slots), 0)) as size
  from workers where ${IS_LIVE})`;

/** The window as it is: of batches at hosts, of tenants' hosts, and of batches. */
export const WINDOW_NOW = sql`
  parts as materialized (
    select tenant_id, batch_id, host, count(*)::integer as n from images where task_id is not null
    group by tenant_id, batch_id, host),
  busy as (
    select tenant_id, host, sum(n)::integer as n, count(*)::integer as batches from parts group by tenant_id, host),
  windows as (select tenant_id, batch_id, sum(n)::integer as n from parts group by tenant_id, batch_id)`;

/** How the images of a batch are chosen. */
export type ShareRules = {
  hostConcurrency: number;
  /** whether the batches have just had results, and make way for others where there are too many */
  hadTurn?: boolean;
};

/**
 * How many images more a batch may have in the window of a host: of a row `h` of `hosts`, a row `busy`, and
 * the row `mine` of `parts` of both, which outer joins may have left empty.
 */
export function hostRoom({ hostConcurrency, hadTurn = false }: ShareRules) {
  const leastShare = hadTurn ? 0 : 1;
  return sql`(
    select greatest(size - taken, least(
      greatest(size / (coalesce(busy.batches, 0) + (mine.n is null)::integer), ${leastShare}::integer) - coalesce(mine.n, 0),
      size * ${MAX_OF_HOST_ROOM}::integer - taken))
    from (select coalesce(busy.n, 0) as taken, case
      when ${IS_GIVEN_UP} then ${SMALLEST_WINDOW}::integer
      when h.held_until > now() then 0
      when h.connect_failures > 0 then ${placesNow(hostConcurrency)}
      else ${WINDOW_PER_HOST_PLACE}::integer * ${placesNow(hostConcurrency)} end as size) room)`;
}

/**
 * The hosts of the due images of a batch, as `walk (host, n)`, by skipping through the index, one probe a
 * host, so that a million images of one saturated host are not read.
 */
export function hostsOf(tenantId: unknown, batchId: unknown) {
  return sql`
    walk (host, n) as (
      select min(i.host), 0 from images i
        where i.tenant_id = ${tenantId} and i.batch_id = ${batchId}
          and i.state = 'pending' and i.due_at is null and i.slot = i.lead_slot
      union all
      select (select min(i.host) from images i
        where i.tenant_id = ${tenantId} and i.batch_id = ${batchId} and i.host > walk.host
          and i.state = 'pending' and i.due_at is null and i.slot = i.lead_slot),
        walk.n + (not exists (select from hosts h
          where h.tenant_id = ${tenantId} and h.host = walk.host and h.held_until > now() and not ${IS_GIVEN_UP}))::integer
      from walk where walk.host is not null and walk.n < ${MAX_HOSTS_A_WALK}
    )`;
}

/** Of a row `b` of batches, beside WINDOW_NOW: whether any of its images could be fed. It stops at the first host that has room. */
function canBeFed(rules: ShareRules) {
  return sql`exists (
    with recursive ${hostsOf(sql`b.tenant_id`, sql`b.batch_id`)}
    select from walk
    left join busy on busy.tenant_id = b.tenant_id and busy.host = walk.host
    left join parts mine on mine.tenant_id = b.tenant_id and mine.batch_id = b.batch_id and mine.host = walk.host
    left join hosts h on h.tenant_id = b.tenant_id and h.host = walk.host
    where walk.host is not null and ${hostRoom(rules)} > 0)`;
}

/** A batch of which some images may be fed now. */
export type Room = BatchKey & { room: number };

/** Running batches that may be fed; first those of which nothing is in the queue, and that nobody else would feed, by lot. */
export async function hungryBatches(db: Db, hostConcurrency: number): Promise<Room[]> {
  return roomsOf(db, sql`select tenant_id, batch_id from batches where ended_at is null`, {
    hostConcurrency,
  });
}

/**
 * Of these batches, those that may be fed. Every group of results asks, and mostly of batches that have all
 * that they could have if they were alone: these are told first, by a statement that costs a quarter.
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

/**
 * How many images more of the batches may be in the queue. A share that is almost full has no room yet, so
 * that images are fed in groups.
 */
async function roomsOf(db: Db, wanted: RawBuilder<unknown>, rules: ShareRules): Promise<Room[]> {
  const { rows } = await sql<{ tenant_id: number; batch_id: string; room: number }>`
    with ${WINDOW_NOW},
    wanted as (${wanted}),
    present as (
      select tenant_id, batch_id, coalesce(windows.n, 0) as mine, wanted.batch_id is not null as is_wanted
      from windows full join wanted using (tenant_id, batch_id)
    ),
    fed as materialized (select b.*, ${canBeFed(rules)} as is_hungry from present b),
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

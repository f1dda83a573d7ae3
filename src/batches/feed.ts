import { randomUUIDv7 } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { IS_GIVEN_UP, placesNow } from '../hosts/host.ts';
import type { Queue } from '../queue/queue.ts';
import { IS_LIVE } from '../queue/workers.ts';
import type { BatchKey } from './batch.ts';

/** What the feeder must know besides the tables. */
export type FeedRules = { queue: Queue; hostConcurrency: number };

const SMALLEST_WINDOW = 64;
const WINDOW_PER_SLOT = 3; // one in work, and two that are there when it ends
const WINDOW_PER_HOST_PLACE = 4; // a slow host cannot fill the window
const LEAST_SHARE_FED = 0.2; // a feed costs three statements; the slots of a worker are a third of the window
const EAGER_SLOTS = 32; // of a new batch: these do not wait behind the windows of others
const MAX_HOSTS_A_WALK = 1_000;

/**
 * Puts the next images of a batch into the queue, as many as its share of the window has room for.
 * The caller's transaction holds the lock of the batch's row.
 * @returns how many
 */
export async function feedBatch(trx: Db, batch: BatchKey, rules: FeedRules): Promise<number> {
  const room = await roomInWindow(trx, batch);
  if (room <= 0) return 0;
  const slots = await nextSlots(trx, batch, { room, hostConcurrency: rules.hostConcurrency });
  if (slots.length === 0) return 0;
  const tasks = slots.map((slot) => ({ slot, id: randomUUIDv7() }));
  await markQueued(trx, batch, tasks);
  await rules.queue.insert(
    'process_image',
    tasks.map(({ slot, id }) => ({
      id,
      priority: slot <= EAGER_SLOTS ? 1 : 0,
      data: { tenant_id: batch.tenantId, batch_id: batch.batchId, task_id: id },
    })),
    trx,
  );
  return tasks.length;
}

/**
 * The window is shared equally between running batches; each has room for one image at least. A share
 * that is almost full has no room yet, so that images are fed in groups.
 */
async function roomInWindow(trx: Db, { tenantId, batchId }: BatchKey): Promise<number> {
  const { rows } = await sql<{ running: number; in_window: number; slots: number }>`
    select
      (select count(*) from batches where ended_at is null) as running,
      (select count(*) from images
        where tenant_id = ${tenantId} and batch_id = ${batchId} and task_id is not null) as in_window,
      (select coalesce(sum(slots), 0) from workers where ${IS_LIVE}) as slots`.execute(trx);
  const { running = 1, in_window = 0, slots = 0 } = rows[0] ?? {};
  const window = Math.max(SMALLEST_WINDOW, WINDOW_PER_SLOT * slots);
  const share = Math.max(1, Math.floor(window / Math.max(1, running)));
  const room = share - in_window;
  return room >= share * LEAST_SHARE_FED ? room : 0;
}

/**
 * The next due images: hosts take turns, and of each come the next slots, at most so many as its places
 * can serve soon, and none while it is on hold, unless they are to end without a download.
 * The walk finds the batch's hosts by skipping through the index, one probe a host, so that a million
 * images of one saturated host are not read.
 */
async function nextSlots(
  trx: Db,
  { tenantId, batchId }: BatchKey,
  { room, hostConcurrency }: { room: number; hostConcurrency: number },
): Promise<number[]> {
  const { rows } = await sql<{ slot: number }>`
    with recursive walk (host, n) as (
      select min(host), 1 from images
        where tenant_id = ${tenantId} and batch_id = ${batchId}
          and state = 'pending' and due_at is null and slot = lead_slot
      union all
      select (select min(i.host) from images i
        where i.tenant_id = ${tenantId} and i.batch_id = ${batchId} and i.host > walk.host
          and i.state = 'pending' and i.due_at is null and i.slot = i.lead_slot), walk.n + 1
      from walk where walk.host is not null and walk.n < ${MAX_HOSTS_A_WALK}
    ),
    busy as (select host, count(*) as n from images where task_id is not null group by host)
    select next.slot
    from walk
    left join busy on busy.host = walk.host
    left join hosts h on h.tenant_id = ${tenantId} and h.host = walk.host
    cross join lateral (
      select i.slot, coalesce(busy.n, 0) + row_number() over (order by i.slot) as turn from images i
      where i.tenant_id = ${tenantId} and i.batch_id = ${batchId} and i.host = walk.host
        and i.state = 'pending' and i.due_at is null and i.slot = i.lead_slot
      order by i.slot
      limit greatest(0, least(${room}, coalesce(-busy.n, 0) + case
        when ${IS_GIVEN_UP} then ${SMALLEST_WINDOW}
        when h.connect_failures > 0 then ${placesNow(hostConcurrency)}
        else ${WINDOW_PER_HOST_PLACE} * ${placesNow(hostConcurrency)} end))
    ) next
    where coalesce(h.held_until <= now(), true) or ${IS_GIVEN_UP}
    order by next.turn, next.slot
    limit ${room}`.execute(trx);
  return rows.map((row) => row.slot);
}

async function markQueued(
  trx: Db,
  { tenantId, batchId }: BatchKey,
  tasks: { slot: number; id: string }[],
): Promise<void> {
  await sql`
    update images i set state = 'queued', task_id = t.id
    from unnest(${tasks.map((task) => task.slot)}::integer[], ${tasks.map((task) => task.id)}::uuid[]) as t (slot, id)
    where i.tenant_id = ${tenantId} and i.batch_id = ${batchId} and i.slot = t.slot and i.state = 'pending'`.execute(
    trx,
  );
}

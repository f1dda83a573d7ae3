import { randomUUIDv7 } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Queue } from '../queue/queue.ts';
import { announceTasks } from '../queue/wake-ups.ts';
import type { BatchKey } from './batch.ts';
import {
  ALLOWED,
  hostRoom,
  hostShare,
  hostsOf,
  type Room,
  roomsInWindow,
  type ShareRules,
  WINDOW_NOW,
} from './window.ts';

export type FeedRules = ShareRules & { queue: Queue };

const EAGER_SLOTS = 32; // the first slots of a batch have priority, so that it shows results soon

/**
 * Feeds batches: puts their next images into the queue, as many as their shares of the window allow. The
 * caller's transaction has locked the rows of the batches. Five statements at most, however many batches there are.
 */
export async function feedBatches(trx: Db, batches: BatchKey[], rules: FeedRules): Promise<void> {
  const rooms = await roomsInWindow(trx, batches, rules);
  if (rooms.length === 0) return;
  const next = await nextImages(trx, rooms, rules);
  const tasks = next.map(({ tenantId, batchId, slot }) => ({
    tenantId,
    batchId,
    slot,
    taskId: randomUUIDv7(),
  }));
  if (tasks.length === 0) return;
  await markQueued(trx, tasks);
  await rules.queue.insert(
    'process_image',
    tasks.map(({ tenantId, batchId, slot, taskId }) => ({
      id: taskId,
      priority: slot <= EAGER_SLOTS ? 1 : 0,
      data: { tenant_id: tenantId, batch_id: batchId, task_id: taskId },
    })),
    trx,
  );
  // After results the worker that feeds has capacity of its own, and claims at once.
  if (!rules.hadTurn) await announceTasks(trx, 'process_image');
}

type NextImage = BatchKey & { slot: number };

/**
 * The next due images. In each batch hosts take turns, and each gives its next slots, at most as many as its
 * permits can serve soon, and none while it is on hold (`hostRoom`). Batches that are fed together take turns at
 * each host, so that together they take no more of its room than they could one after the other.
 */
async function nextImages(trx: Db, rooms: Room[], rules: ShareRules): Promise<NextImage[]> {
  const { rows } = await sql<{ tenant_id: number; batch_id: string; slot: number }>`
    with recursive rooms as materialized (
      select * from unnest(${rooms.map(({ tenantId }) => tenantId)}::integer[],
        ${rooms.map(({ batchId }) => batchId)}::uuid[], ${rooms.map(({ room }) => room)}::integer[])
        as r (tenant_id, batch_id, room)),
    ${hostsOf(sql`select tenant_id, batch_id from rooms`)}, ${WINDOW_NOW},
    -- nth: of its batch at its host. A host with images in the queue has had these turns already
    candidates as (
      select r.tenant_id, r.batch_id, r.room, walk.host, may.*, next.*, coalesce(busy.batches, 0) as batches, mine.n as had,
        row_number() over (partition by r.tenant_id, r.batch_id order by coalesce(busy.n, 0) + next.nth, next.slot) as turn
      from walk
      join rooms r on r.tenant_id = walk.tenant_id and r.batch_id = walk.batch_id
      left join busy on busy.tenant_id = walk.tenant_id and busy.host = walk.host
      left join parts mine on mine.tenant_id = walk.tenant_id and mine.batch_id = walk.batch_id and mine.host = walk.host
      left join hosts h on h.tenant_id = walk.tenant_id and h.host = walk.host
      cross join lateral (${hostRoom(rules)}) may
      cross join lateral (
        select i.slot, row_number() over (order by i.slot) as nth from images i
        where i.tenant_id = walk.tenant_id and i.batch_id = walk.batch_id and i.host = walk.host
          and i.state = 'pending' and i.due_at is null and i.slot = i.lead_slot
        order by i.slot
        limit greatest(0, least(r.room, ${ALLOWED}))
      ) next
    ),
    chosen as (
      select *, row_number() over (partition by tenant_id, host order by nth, turn, batch_id) as of_host,
        batches + count(*) filter (where nth = 1 and had is null) over (partition by tenant_id, host) as sharing
      from candidates where turn <= room
    )
    select tenant_id, batch_id, slot from chosen
    where of_host <= free
      or (of_host <= most and nth <= ${hostShare(sql`sharing`, rules)} - coalesce(had, 0))
    order by turn, batch_id`.execute(trx);
  return rows.map((row) => ({ tenantId: row.tenant_id, batchId: row.batch_id, slot: row.slot }));
}

async function markQueued(trx: Db, tasks: (NextImage & { taskId: string })[]): Promise<void> {
  const rows = tasks.map(({ tenantId, batchId, slot, taskId }) => ({
    tenant_id: tenantId,
    batch_id: batchId,
    slot,
    task_id: taskId,
  }));
  await sql`
    update images i set state = 'queued', task_id = t.task_id
    from json_to_recordset(${JSON.stringify(rows)}) as t (tenant_id integer, batch_id uuid, slot integer, task_id uuid)
    where i.tenant_id = t.tenant_id and i.batch_id = t.batch_id and i.slot = t.slot and i.state = 'pending'`.execute(
    trx,
  );
}

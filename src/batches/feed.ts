import { randomUUIDv7 } from 'node:crypto';
import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { Queue } from '../queue/queue.ts';
import type { BatchKey } from './batch.ts';
import { hostRoom, hostsOf, roomsInWindow, type ShareRules, WINDOW_NOW } from './window.ts';

export type FeedRules = ShareRules & { queue: Queue };

const EAGER_SLOTS = 32; // the first slots of a batch have priority, so that it shows results soon

/**
 * Feeds batches: puts their next images into the queue, as many as their shares of the window allow. The
 * caller's transaction has locked the rows of the batches.
 */
export async function feedBatches(trx: Db, batches: BatchKey[], rules: FeedRules): Promise<void> {
  for (const { room, ...batch } of await roomsInWindow(trx, batches, rules))
    await feedBatch(trx, batch, { ...rules, room });
}

async function feedBatch(trx: Db, batch: BatchKey, rules: FeedRules & { room: number }): Promise<void> {
  const slots = await nextSlots(trx, batch, rules);
  const tasks = slots.map((slot) => ({ slot, id: randomUUIDv7() }));
  if (tasks.length === 0) return;
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
}

/**
 * The slots of the next due images. Hosts take turns, and each gives its next slots, at most as many as its
 * permits can serve soon, and none while it is on hold (`hostRoom`).
 */
async function nextSlots(
  trx: Db,
  { tenantId, batchId }: BatchKey,
  { room, ...rules }: ShareRules & { room: number },
): Promise<number[]> {
  const { rows } = await sql<{ slot: number }>`
    with recursive ${hostsOf(tenantId, batchId)}, ${WINDOW_NOW}
    select next.slot
    from walk
    left join busy on busy.tenant_id = ${tenantId} and busy.host = walk.host
    left join parts mine on mine.tenant_id = ${tenantId} and mine.batch_id = ${batchId} and mine.host = walk.host
    left join hosts h on h.tenant_id = ${tenantId} and h.host = walk.host
    cross join lateral (
      -- a host with images in the queue has had these turns already
      select i.slot, coalesce(busy.n, 0) + row_number() over (order by i.slot) as turn from images i
      where i.tenant_id = ${tenantId} and i.batch_id = ${batchId} and i.host = walk.host
        and i.state = 'pending' and i.due_at is null and i.slot = i.lead_slot
      order by i.slot
      limit greatest(0, least(${room}, ${hostRoom(rules)}))
    ) next
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

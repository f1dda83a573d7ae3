import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { recordVisits, type Seen } from '../hosts/host-feedback.ts';
import type { ImageEnd } from './process-image.ts';
import type { Finished } from '../queue/pump.ts';
import type { BatchKey } from '../batches/batch.ts';
import { type LockedBatch, lockBatches, writeCounters } from '../batches/counters.ts';
import { moveOn, type MoveRules } from '../batches/move-on.ts';
import { hash16Of, keepRenditions } from './record-renditions.ts';
import type { EndedBatch } from '../batches/settle.ts';

type FinishedImage = Finished<'process_image', ImageEnd>;

/**
 * Records what happened to images and ends their tasks, all in one transaction. What a worker did
 * after it had lost its lease is left out: the fence lets nothing of it through. What it saw of hosts
 * (`seen`) is true all the same. A batch ends with its last image.
 *
 * Locks: batches by id, tasks, hosts by name, sources and sets of renditions, images.
 * @returns the batches that have ended now
 */
export async function recordResults(
  db: Db,
  finished: FinishedImage[],
  rules: MoveRules & { seen?: Seen[] },
): Promise<EndedBatch[]> {
  return db.transaction().execute(async (trx) => {
    const batches = await lockBatches(
      trx,
      finished.map(({ outcome }) => outcome.work),
    );
    const settled = await rules.queue.remove(
      'process_image',
      finished.map(({ task }) => task),
      trx,
    );
    const mine = finished.filter(({ task }) => settled.has(task.id));
    await recordVisits(trx, rules.seen ?? [], rules.hostConcurrency);
    const withoutSet = await keepRenditions(
      trx,
      mine.map(({ outcome }) => outcome),
    );
    const ended = await endImages(
      trx,
      mine.filter(({ outcome }) => !withoutSet.has(outcome.work)),
      batches,
    );
    await putBack(
      trx,
      mine.filter(({ task }) => !ended.has(task.id)),
    );
    await keepAttempts(trx, mine);
    await writeCounters(trx, batches);
    return moveOn(trx, batches.values(), { ...rules, hadTurn: true });
  });
}

/** Images that can be recorded as lost without their tasks: dead letters. */
export async function recordLostImages(
  db: Db,
  lost: (BatchKey & { taskId: string })[],
  rules: MoveRules,
): Promise<EndedBatch[]> {
  return db.transaction().execute(async (trx) => {
    const batches = await lockBatches(trx, lost);
    const ends = lost.filter(({ batchId }) => batches.has(batchId));
    await endRows(
      trx,
      ends.map(({ taskId }) => ({ task_id: taskId, state: 'failed', error_code: 'worker_lost' })),
      batches,
    );
    await writeCounters(trx, batches);
    return moveOn(trx, batches.values(), rules);
  });
}

type EndRow = {
  task_id: string;
  state: 'completed' | 'failed';
  hash16?: string;
  /** of a completed one: files that were removed later may be missing */
  claimed_at?: string;
  error_code?: string;
  error_detail?: string;
};

/** @returns as endRows */
async function endImages(
  trx: Db,
  finished: FinishedImage[],
  batches: Map<string, LockedBatch>,
): Promise<Map<string, number>> {
  const rows = finished.flatMap(({ task, outcome }): EndRow[] => {
    if (outcome.is === 'completed') {
      const { work, made } = outcome;
      return [{ task_id: task.id, state: 'completed', hash16: hash16Of(made), claimed_at: work.claimedAt }];
    }
    if (outcome.is !== 'failed') return [];
    const { code, message } = outcome.problem;
    return [{ task_id: task.id, state: 'failed', error_code: code, error_detail: message }];
  });
  const ended = await endRows(trx, rows, batches);
  for (const { task, outcome } of finished) {
    if (outcome.is !== 'completed' || !ended.has(task.id)) continue;
    const batch = batches.get(outcome.work.batchId);
    if (!batch) continue;
    const { bytesIn, bytesOut } = bytesOf(outcome.made);
    batch.bytesIn += bytesIn;
    batch.bytesOut += bytesOut;
    const images = ended.get(task.id) ?? 0;
    batch.reused += outcome.made.is === 'unchanged' ? images : images - 1; // those that repeat a URL are made once
  }
  return ended;
}

/** Of the source and of its renditions, made now or before. */
function bytesOf(made: Extract<ImageEnd, { is: 'completed' }>['made']): {
  bytesIn: number;
  bytesOut: number;
} {
  const files = made.is === 'made' ? made.renditions : made.set.files;
  const bytesOut = files.reduce((sum, { bytes }) => sum + bytes, 0);
  return { bytesIn: made.is === 'made' ? made.source.bytes : made.set.sourceBytes, bytesOut };
}

/**
 * Ends the images that tasks lead, and the ones that repeat their URL, and counts all of them. Left out
 * are images whose files a purge removes, or removed after they were claimed (purge.ts), which must be
 * looked for by a later statement than the ones that keep and lock their sets; and what was claimed longer
 * ago than half of the time for which purges are remembered.
 * @returns by task id, how many images have ended now
 */
async function endRows(
  trx: Db,
  ends: EndRow[],
  batches: Map<string, LockedBatch>,
): Promise<Map<string, number>> {
  if (ends.length === 0) return new Map();
  const { rows } = await sql<{
    batch_id: string;
    state: 'completed' | 'failed';
    error_code: string | null;
    task_id: string;
    images: number;
  }>`
    with ends as (
      select * from json_to_recordset(${JSON.stringify(ends)}) as e
        (task_id uuid, state text, hash16 text, claimed_at timestamptz, error_code text, error_detail text)
    ),
    leads as (
      update images i
      set state = e.state, task_id = null, hash16 = e.hash16, error_code = e.error_code,
        error_detail = e.error_detail, tries = i.tries + 1, ended_at = now()
      from ends e
      where i.task_id = e.task_id and i.state in ('queued', 'processing')
        and (e.claimed_at is null or e.claimed_at > now() - interval '30 minutes')
        and not exists (
          select from purges p
          where p.tenant_id = i.tenant_id and p.hash16 = e.hash16
            and (p.state = 'removing' or p.removed_at > e.claimed_at))
      returning e.task_id, i.tenant_id, i.batch_id, i.slot, i.tries, e.state, e.hash16, e.error_code, e.error_detail
    ),
    followers as (
      update images i
      set state = l.state, hash16 = l.hash16, error_code = l.error_code, error_detail = l.error_detail,
        tries = l.tries, ended_at = now()
      from leads l
      where i.tenant_id = l.tenant_id and i.batch_id = l.batch_id and i.lead_slot = l.slot
        and i.slot <> i.lead_slot and i.state = 'pending'
      returning l.task_id, i.batch_id, i.state, i.error_code
    )
    select task_id, batch_id, state, error_code, count(*) as images
    from (select task_id, batch_id, state, error_code from leads union all select * from followers) ended
    group by task_id, batch_id, state, error_code`.execute(trx);
  for (const row of rows) {
    const batch = batches.get(row.batch_id);
    if (!batch) continue;
    batch[row.state] += row.images;
    if (row.error_code !== null)
      batch.errorsByCode[row.error_code] = (batch.errorsByCode[row.error_code] ?? 0) + row.images;
  }
  return new Map(rows.map((row) => [row.task_id, row.images]));
}

const AFTER_REMOVAL_MS = 1_000; // the rest of a group of files is removed within this time

type BackRow = { task_id: string; in_ms: number | null; tries: number };

/** Images that are to be tried later, were handed back, or were made of files that are gone: these lose no try. */
async function putBack(trx: Db, finished: FinishedImage[]): Promise<void> {
  const rows = finished.flatMap(({ task, outcome }): BackRow[] => {
    if (outcome.is === 'later')
      return [{ task_id: task.id, in_ms: outcome.inMs, tries: outcome.costsTry ? 1 : 0 }];
    if (outcome.is === 'completed') return [{ task_id: task.id, in_ms: AFTER_REMOVAL_MS, tries: 0 }];
    return outcome.is === 'returned' ? [{ task_id: task.id, in_ms: outcome.inMs ?? null, tries: 0 }] : [];
  });
  if (rows.length === 0) return;
  await sql`
    update images i
    set state = 'pending', task_id = null, tries = i.tries + b.tries, due_at = now() + b.in_ms * interval '1 millisecond'
    from json_to_recordset(${JSON.stringify(rows)}) as b (task_id uuid, in_ms float8, tries smallint)
    where i.task_id = b.task_id and i.state in ('queued', 'processing')`.execute(trx);
}

/** The tries that did not succeed, with their reasons. */
async function keepAttempts(trx: Db, finished: FinishedImage[]): Promise<void> {
  const rows = finished.flatMap(({ outcome }) =>
    outcome.is === 'failed' || outcome.is === 'later'
      ? [
          {
            tenant_id: outcome.work.tenantId,
            batch_id: outcome.work.batchId,
            lead_slot: outcome.work.slot,
            code: outcome.problem.code,
            detail: outcome.problem.message,
          },
        ]
      : [],
  );
  if (rows.length === 0) return;
  await sql`
    insert into attempts (tenant_id, batch_id, lead_slot, code, detail)
    select * from json_to_recordset(${JSON.stringify(rows)}) as a
      (tenant_id integer, batch_id uuid, lead_slot integer, code text, detail text)`.execute(trx);
}

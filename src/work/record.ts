import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { recordOutcomes } from '../hosts/host-feedback.ts';
import type { HostOutcome } from '../hosts/host-outcome.ts';
import type { BatchKey } from '../batches/batch.ts';
import { lockBatches, writeCounters } from '../batches/counters.ts';
import { SAFE_AT } from '../batches/remove-files.ts';
import { moveOn, type MoveRules } from '../batches/move-on.ts';
import type { EndedBatch } from '../batches/settle.ts';
import { endImages, endLeads, type ImageEnd } from './end-images.ts';
import type { FinishedImage } from './process-image.ts';
import { recordRenditions, setIdOf } from './record-renditions.ts';

/**
 * Records the results of images and ends their tasks, in one transaction. It leaves out results of tasks
 * whose lease was lost: another worker has them now. What downloads showed of their hosts
 * (`hostOutcomes`) counts all the same. A batch is settled with its last image.
 *
 * Locks, in this order: batches by id, tasks, hosts by name, sources, contents and rendition sets, images.
 * @returns the batches that have ended now
 */
export async function recordResults(
  db: Db,
  results: FinishedImage[],
  rules: MoveRules & { hostOutcomes?: HostOutcome[] },
): Promise<EndedBatch[]> {
  const finished = lastAttempts(results);
  const images = finished.map(({ result }) => result.image);
  const tasks = finished.map(({ task }) => task);
  return db.transaction().execute(async (trx) => {
    const batches = await lockBatches(trx, images);
    const leased = await rules.queue.remove('process_image', tasks, trx);
    const mine = finished.filter(({ task }) => leased.has(task.id));
    await recordOutcomes(trx, rules.hostOutcomes ?? [], rules.hostConcurrency);
    const withoutSet = await recordRenditions(
      trx,
      mine.map(({ result }) => result),
    );
    const whole = mine.filter(({ result }) => !withoutSet.has(result.image));
    const ended = await endImages(trx, whole, batches);
    await putBack(
      trx,
      mine.filter(({ task }) => !ended.has(task.id)),
    );
    await recordAttempts(trx, mine);
    await writeCounters(trx, batches);
    return moveOn(trx, batches.values(), { ...rules, hadTurn: true });
  });
}

/**
 * The result of the last attempt of each task. A worker that was cut off may claim a task again, whose first result
 * still waits to be recorded: it would count as well.
 */
function lastAttempts(finished: FinishedImage[]): FinishedImage[] {
  const last = new Map<string, FinishedImage>();
  for (const one of finished) {
    const other = last.get(one.task.id);
    if (!other || other.task.attempt < one.task.attempt) last.set(one.task.id, one);
  }
  return [...last.values()];
}

/**
 * Fails images whose task was lost too often, named by their dead letters.
 * @returns the batches that have ended now
 */
export async function recordLostImages(
  db: Db,
  lost: (BatchKey & { taskId: string })[],
  rules: MoveRules,
): Promise<EndedBatch[]> {
  return db.transaction().execute(async (trx) => {
    const batches = await lockBatches(trx, lost);
    const ends = lost
      .filter(({ batchId }) => batches.has(batchId))
      .map(({ taskId }): ImageEnd => ({ task_id: taskId, state: 'failed', error_code: 'worker_lost' }));
    await endLeads(trx, ends, batches);
    await writeCounters(trx, batches);
    return moveOn(trx, batches.values(), rules);
  });
}

const AFTER_REMOVAL_MS = 1_000; // a purge removes the rest of a group of files within this time

type PutBack = { task_id: string; in_ms: number | null; tries: number; hash16?: string };

/** Makes images pending again. One whose files were removed meanwhile is processed again, and loses no try. */
async function putBack(trx: Db, finished: FinishedImage[]): Promise<void> {
  const rows = finished.flatMap(({ task, result }): PutBack[] => {
    switch (result.is) {
      case 'later':
        return [{ task_id: task.id, in_ms: result.inMs, tries: result.costsTry ? 1 : 0 }];
      case 'completed':
        return [{ task_id: task.id, in_ms: AFTER_REMOVAL_MS, tries: 0, hash16: setIdOf(result.made) }];
      case 'returned':
        return [{ task_id: task.id, in_ms: result.inMs ?? null, tries: 0 }];
      case 'failed':
        return []; // the image had ended already
    }
  });
  if (rows.length === 0) return;
  await sql`
    update images i
    set state = 'pending', task_id = null, tries = i.tries + b.tries,
      due_at = greatest(now() + b.in_ms * interval '1 millisecond',
        (select ${SAFE_AT} from purges p where p.tenant_id = i.tenant_id and p.hash16 = b.hash16))
    from json_to_recordset(${JSON.stringify(rows)}) as b (task_id uuid, in_ms float8, tries smallint, hash16 text)
    where i.task_id = b.task_id and i.state in ('queued', 'processing')`.execute(trx);
}

/** The tries that failed, with their reasons. */
async function recordAttempts(trx: Db, finished: FinishedImage[]): Promise<void> {
  const rows = finished.flatMap(({ result }) =>
    result.is === 'failed' || result.is === 'later'
      ? [
          {
            tenant_id: result.image.tenantId,
            batch_id: result.image.batchId,
            lead_slot: result.image.slot,
            code: result.problem.code,
            detail: result.problem.messageFor(result.image.url),
            http_status: result.problem.httpStatus,
          },
        ]
      : [],
  );
  if (rows.length === 0) return;
  await sql`
    insert into attempts (tenant_id, batch_id, lead_slot, code, detail, http_status)
    select * from json_to_recordset(${JSON.stringify(rows)}) as a
      (tenant_id integer, batch_id uuid, lead_slot integer, code text, detail text, http_status smallint)`.execute(
    trx,
  );
}

/**
 * What workers do beside images and webhooks, one of them at a time (chore-leases.ts): they repair, clean up, and forget.
 * Each repair is idempotent, so that two at once do no harm. What a repair found is logged, because it means that
 * something went wrong before: a killed worker, a lost task.
 */
import type { Logger } from 'pino';
import { forgetAudit } from '../access/audit.queries.ts';
import { foldStoredBytes } from '../access/stored-bytes.ts';
import { forgetSessions } from '../access/sessions.ts';
import type { MoveRules } from '../batches/move-on.ts';
import { forgetChanges } from '../batches/changes.ts';
import { forgetDeadWorkers, searchStorage } from '../batches/orphans.ts';
import { beginPlannedRetries } from '../batches/planned-retries.ts';
import { purgeFiles } from '../batches/purge.ts';
import { logEnded } from '../batches/settle.ts';
import { sweep } from '../batches/sweep.ts';
import type { Config } from '../config.ts';
import { type Database, longTransaction } from '../db/database.ts';
import { forgetOldAnswers } from '../intake/idempotency.ts';
import { forgetUploads } from '../intake/kept-uploads.ts';
import { handleInGroups } from '../queue/groups.ts';
import type { Task } from '../queue/queue.ts';
import type { Storage } from '../storage/storage.ts';
import { forgetWebhooks } from '../webhooks/log-retention.ts';
import { rescueDeliveries } from '../webhooks/webhook.tasks.ts';
import { clearTenants } from './clear-tenants.ts';
import { findLooks } from './looks/looks.ts';
import { forgetContents } from './record-contents.ts';
import { recordLostImages } from './record.ts';
import type { Chore } from './repeat.ts';
import { forgetSources } from './reuse.ts';
import { forgetStalls } from './stalls.ts';
import { HOUR_MS } from '../units.ts';

export type ChoreParts = {
  database: Database;
  storage: Storage;
  feed: MoveRules;
  config: Pick<Config, 'auditDays' | 'webhookLogDays'>;
  log: Logger;
  /** aborts when the worker ends: a long purge stops between two groups of files */
  signal: AbortSignal;
};

const SUPERVISE_EVERY_MS = 2_000;
const REPAIR_EVERY_MS = 3_000;
const LOST_EVERY_MS = 2_000;
const FOLD_EVERY_MS = 20_000;
const CLEAR_EVERY_MS = 5_000;
const FORGET_EVERY_MS = 600_000;
const FORGET_SOURCES_EVERY_MS = 6 * HOUR_MS; // it reads the whole table, as it does of contents

export function choresOf({ database, storage, feed, config, log, signal }: ChoreParts): Chore[] {
  const { db, patient } = database;
  const { queue } = feed;

  async function sweepBatches(): Promise<void> {
    const { ended, failed, due, fed, ...repaired } = await sweep(db, feed);
    logEnded(log, ended);
    logFound(log, 'the sweep repaired images and batches', repaired);
    if (due + fed > 0) log.debug({ due, fed }, 'the sweep released retries and fed batches');
    for (const { batch, error } of failed)
      log.warn({ err: error, batch: batch?.batchId }, 'a step of the sweep failed');
  }

  async function recordLost(tasks: Task<'lost_image'>[]): Promise<void> {
    const lost = tasks.map(({ data: { tenant_id, batch_id, task_id } }) => {
      return { tenantId: tenant_id, batchId: batch_id, taskId: task_id };
    });
    logEnded(log, await recordLostImages(db, lost, feed));
    log.warn({ images: lost.length }, 'images lost their worker too often, and failed');
  }

  return [
    { name: 'supervise the queue', everyMs: SUPERVISE_EVERY_MS, run: () => queue.supervise() },
    { name: 'sweep', everyMs: REPAIR_EVERY_MS, run: sweepBatches },
    {
      name: 'begin planned retries',
      everyMs: REPAIR_EVERY_MS,
      run: async () => {
        const { begun, failed } = await beginPlannedRetries(patient, feed);
        if (begun > 0) log.info({ batches: begun }, 'planned retries have begun');
        for (const { batch, error } of failed)
          log.warn({ err: error, batch: batch.batchId }, 'a planned retry cannot begin, retrying');
      },
    },
    { name: 'find looks', everyMs: REPAIR_EVERY_MS, run: () => findLooks({ db, log, signal }) },
    {
      name: 'record lost images',
      everyMs: LOST_EVERY_MS,
      run: () =>
        handleInGroups(queue, 'lost_image', {
          handle: recordLost,
          onError: (error, { data }) =>
            log.error({ err: error, batch: data.batch_id }, 'a lost image cannot be recorded, retrying'),
        }),
    },
    {
      name: 'rescue deliveries',
      everyMs: REPAIR_EVERY_MS,
      run: async () =>
        logFound(log, 'webhook deliveries that had lost their task were queued again', {
          deliveries: await rescueDeliveries(db, queue),
        }),
    },
    {
      name: 'purge files',
      everyMs: REPAIR_EVERY_MS,
      run: async () =>
        logFound(log, 'files that no image refers to were deleted', await purgeFiles(db, storage, signal)),
    },
    {
      name: 'search storage',
      everyMs: REPAIR_EVERY_MS,
      run: async () => {
        const { sets: _, ...found } = await searchStorage(db, storage, signal);
        logFound(log, 'orphans were found in storage, and will be deleted', found);
      },
    },
    {
      name: 'clear tenants',
      everyMs: CLEAR_EVERY_MS,
      run: async () =>
        logFound(log, 'batches of deleted tenants were deleted', {
          batches: await clearTenants({ database, rules: feed, signal }),
        }),
    },
    {
      name: 'forget dead workers',
      everyMs: FORGET_EVERY_MS,
      run: async () => logFound(log, 'dead workers were forgotten', { workers: await forgetDeadWorkers(db) }),
    },
    { name: 'forget sessions', everyMs: FORGET_EVERY_MS, run: () => forgetSessions(db) },
    { name: 'forget stored answers', everyMs: FORGET_EVERY_MS, run: () => forgetOldAnswers(db) },
    { name: 'forget changes', everyMs: FORGET_EVERY_MS, run: () => forgetChanges(db) },
    { name: 'forget uploads', everyMs: FORGET_EVERY_MS, run: () => forgetUploads(db) },
    { name: 'add up stored bytes', everyMs: FOLD_EVERY_MS, run: () => foldStoredBytes(db) },
    {
      name: 'forget the audit log',
      everyMs: FORGET_EVERY_MS,
      run: async () =>
        logFound(log, 'old entries of the audit log were deleted', {
          entries: await forgetAudit(db, config.auditDays),
        }),
    },
    { name: 'forget stalls', everyMs: FORGET_EVERY_MS, run: () => forgetStalls(db) },
    {
      name: 'forget webhooks',
      everyMs: FORGET_EVERY_MS,
      run: async () =>
        logFound(
          log,
          'webhooks older than WEBHOOK_LOG_DAYS were deleted',
          await forgetWebhooks(db, config.webhookLogDays),
        ),
    },
    {
      name: 'forget sources',
      everyMs: FORGET_SOURCES_EVERY_MS,
      run: () => longTransaction(patient, forgetSources),
    },
    {
      name: 'forget contents',
      everyMs: FORGET_SOURCES_EVERY_MS,
      run: () => forgetContents(patient),
    },
  ];
}

/** One line with the counts above 0, if there are any. */
function logFound(log: Logger, message: string, counts: Record<string, number>): void {
  const found = Object.entries(counts).filter(([, count]) => count > 0);
  if (found.length > 0) log.info(Object.fromEntries(found), message);
}

import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Foundation } from './foundation.ts';
import { claimImages } from './batches/claim.ts';
import { purgeFiles } from './batches/purge.ts';
import { findSet, forgetSources } from './batches/known.ts';
import { recordLostImage, recordResults } from './batches/record.ts';
import { settleBatch } from './batches/settle.ts';
import { sweep } from './batches/sweep.ts';
import { isAlive, longTransaction } from './db/database.ts';
import { unknownMigration } from './db/migrate.ts';
import { newUuid } from './ids.ts';
import { forgetOldAnswers } from './intake/idempotency.ts';
import { headersOpener } from './hosts/headers.ts';
import { createHostPlaces } from './hosts/places.ts';
import { recordVisits } from './hosts/visits.ts';
import { createImageTask } from './images/image.tasks.ts';
import { createDecoderPool } from './pipeline/decoder-pool.ts';
import { createPipeline } from './pipeline/pipeline.ts';
import { createSourceFiles } from './pipeline/source-files.ts';
import { startPump } from './queue/pump.ts';
import { forgetWorker, liveWorkers, reportWorker } from './queue/workers.ts';
import { diskStorage } from './storage/disk.ts';
import { userAgentOf, VERSION } from './version.ts';
import { createWebhookTask, rescueDeliveries } from './webhooks/webhook.tasks.ts';

export type Worker = {
  /** why no images are begun just now, if that is so */
  pausedBecause(): string | undefined;
  /** Lets what is in hand finish for a while, hands the rest back, and ends. */
  stop(graceMs?: number): Promise<void>;
};

const SLOTS_TO_WAIT_IN = 16; // downloads wait on the network
const SLOTS_PER_CORE = 4; // and decoders must never wait for work
// While a decoder waits for its next image, or for the disk, its core has work: 3 % more images (bench/end-to-end.ts).
const SPARE_DECODERS = 1;
const GRACE_MS = 20_000;
const REPORT_EVERY_MS = 5_000;
const SWEEP_EVERY_MS = 3_000;
const TROUBLE_CHECK_MS = 2_000;
const FORGET_EVERY_MS = 600_000;
const FORGET_SOURCES_EVERY_MS = 6 * 3_600_000; // it reads the whole table
// An endpoint that hangs holds two of them for 15 s at the most, and delays no other.
const DELIVERIES = { atATime: 4, ofOneGroup: 2 };
const ABANDONED_AFTER_MS = 600_000;

/**
 * Starts a worker: claims image tasks and does them, settles batches, and sweeps.
 * @param localFolder where relative paths are read from: `minilab process` only
 */
export async function startWorker(foundation: Foundation, localFolder?: string): Promise<Worker> {
  const { config, database, queue, feed, storage, guard, log } = foundation;
  const { publicUrl } = config;
  const userAgent = userAgentOf(publicUrl);
  const { db, hurried, patient } = database;
  const id = newUuid();
  const slots = SLOTS_TO_WAIT_IN + SLOTS_PER_CORE * config.workerCores;
  const temporaryFolder = join(config.dataDir, 'tmp', `worker-${id}`);
  await reportWorker(db, { id, slots, version: VERSION });
  await removeAbandonedFolders(foundation);

  const sourceFiles = createSourceFiles(temporaryFolder);
  const decoders = createDecoderPool(config.workerCores + SPARE_DECODERS);
  decoders.warm();
  await decoders.probe();
  const files = diskStorage(temporaryFolder);
  const trouble = await findTrouble();
  const places = createHostPlaces({
    database,
    workerId: id,
    hostConcurrency: config.hostConcurrency,
    downloadConcurrency: config.downloadConcurrency,
    openHeaders: headersOpener(foundation.secretsKey),
    recordNow: (seen) => recordVisits(hurried, seen, config.hostConcurrency),
    log,
  });
  const pipeline = createPipeline({
    fetchRules: {
      guard,
      maxBytes: config.maxSourceBytes,
      userAgent,
      localFolder,
    },
    beginVisit: places.begin,
    decoders,
    storage,
    sourceFiles,
    findSet: (tenantId, hash16) => findSet(hurried, { tenantId, hash16 }),
  });
  const pump = startPump({
    queue,
    name: 'process_image',
    slots,
    waiting: places.waiting,
    claim: (tasks) => claimImages(hurried, tasks),
    handle: createImageTask({ pipeline, log, onTrouble: (trouble) => pump.pause(trouble.message) }),
    record: recordWithVisits,
    pausedBecause: trouble,
    log,
  });

  await queue.work('settle_batch', async ({ tenant_id, batch_id, round }) => {
    const state = await settleBatch(
      db,
      { tenantId: tenant_id, batchId: batch_id, round },
      { queue, publicUrl },
    );
    queue.wake('deliver_webhook');
    if (state) log.info({ batch: batch_id, round, state }, 'a batch ended');
  });
  await queue.work('lost_image', ({ tenant_id, batch_id, task_id }) =>
    recordLostImage(db, { tenantId: tenant_id, batchId: batch_id, taskId: task_id }, feed),
  );

  const { webhookSchedule: schedule, webhookTimeoutMs: timeoutMs } = config;
  await queue.work(
    'deliver_webhook',
    createWebhookTask({ db, queue, guard, userAgent, schedule, timeoutMs }),
    DELIVERIES,
  );

  const ending = new AbortController();
  const stopChores = [
    every(SWEEP_EVERY_MS, () => sweep(db, feed)),
    every(SWEEP_EVERY_MS, () => rescueDeliveries(db, queue)),
    every(SWEEP_EVERY_MS, () => purgeFiles(db, storage, ending.signal)),
    every(REPORT_EVERY_MS, () => reportWorker(db, { id, slots, version: VERSION })),
    every(TROUBLE_CHECK_MS, resumeWhenWell),
    every(REPORT_EVERY_MS, stopClaimingOfNewerSchema),
    every(FORGET_EVERY_MS, () => forgetOldAnswers(db)),
    every(FORGET_SOURCES_EVERY_MS, () => longTransaction(patient, forgetSources)),
  ];

  /** A chore that is done again a while after it ended; what it throws is logged. */
  function every(ms: number, chore: () => Promise<void>): () => void {
    let timer = setTimeout(run, ms);
    let stopped = false;
    function run(): void {
      chore()
        .catch((error: unknown) =>
          log.warn({ err: error, chore: chore.name }, 'a chore of the worker failed'),
        )
        .finally(() => {
          if (!stopped) timer = setTimeout(run, ms);
        });
    }
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }

  async function recordWithVisits(finished: Parameters<typeof recordResults>[1]): Promise<void> {
    const seen = places.takeSeen();
    try {
      await recordResults(hurried, finished, { ...feed, seen });
    } catch (error) {
      places.putBackSeen(seen);
      throw error;
    }
  }

  async function resumeWhenWell(): Promise<void> {
    if (pump.pausedBecause() === undefined || pump.pausedBecause() === NEWER_SCHEMA) return;
    pump.pause(await findTrouble());
  }

  /** Why no image can be made, if that is so. */
  async function findTrouble(): Promise<string | undefined> {
    try {
      await storage.probe();
      await files.probe();
      await decoders.probe();
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  async function stopClaimingOfNewerSchema(): Promise<void> {
    if ((await unknownMigration(db)) !== undefined) pump.pause(NEWER_SCHEMA);
  }

  log.info({ worker: id, slots, cores: config.workerCores }, 'worker started');
  return {
    pausedBecause: pump.pausedBecause,
    async stop(graceMs = GRACE_MS) {
      ending.abort();
      for (const stopChore of stopChores) stopChore();
      await pump.stop(graceMs);
      await decoders.stop();
      await places.stop();
      await sourceFiles.close();
      if (await isAlive(hurried)) await forgetWorker(hurried, id).catch(() => {});
      await rm(temporaryFolder, { recursive: true, force: true });
      log.info({ worker: id }, 'worker stopped');
    },
  };
}

const NEWER_SCHEMA = 'the database was migrated by a newer Minilab; install that version here too';

/** Folders of workers that were killed. A live worker of another database makes its folder again. */
async function removeAbandonedFolders({ config, database }: Foundation): Promise<void> {
  const root = join(config.dataDir, 'tmp');
  const names = await readdir(root).catch(() => []);
  const workers = names.flatMap((name) => /^worker-([0-9a-f-]{36})$/.exec(name)?.[1] ?? []);
  const live = await liveWorkers(database.db, workers);
  for (const name of names) {
    if (live.has(name.replace('worker-', ''))) continue;
    const { mtimeMs } = await stat(join(root, name)).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > ABANDONED_AFTER_MS)
      await rm(join(root, name), { recursive: true, force: true });
  }
}

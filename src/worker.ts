import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Foundation } from './services.ts';
import { claimImages } from './work/claim.ts';
import { forgetDeadWorkers, searchStorage } from './batches/orphans.ts';
import { purgeFiles } from './batches/purge.ts';
import { findSet, forgetSources } from './work/reuse.ts';
import { recordLostImages, recordResults } from './work/record.ts';
import { forgetStalls } from './work/stalls.ts';
import type { EndedBatch } from './batches/settle.ts';
import { sweep } from './batches/sweep.ts';
import { isAlive, longTransaction } from './db/database.ts';
import { unknownMigration } from './db/migrate.ts';
import { newUuid } from './ids.ts';
import { forgetOldAnswers } from './intake/idempotency.ts';
import { headersOpener } from './hosts/headers.ts';
import { createHostLimiter } from './hosts/host-limiter.ts';
import { recordOutcomes } from './hosts/host-feedback.ts';
import { createImageTask, type ImageWork, isSuspect } from './work/process-image.ts';
import { createDecoderPool } from './pipeline/decoder-pool.ts';
import { createPipeline } from './pipeline/pipeline.ts';
import { createSourceFiles } from './pipeline/download/source-files.ts';
import { doInGroups } from './queue/groups.ts';
import { startPump, type Taken } from './queue/pump.ts';
import type { Task } from './queue/queue.ts';
import type { InHand } from './watchdog/watchdog.ts';
import { forgetWorker, reportWorker } from './queue/workers.ts';
import { diskStorage } from './storage/disk.ts';
import { userAgentOf, VERSION } from './version.ts';
import { rescueDeliveries, startDeliveries } from './webhooks/webhook.tasks.ts';

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
const LOST_EVERY_MS = 2_000;

/**
 * Starts a worker: claims image tasks and does them, delivers webhooks, and sweeps.
 * @param localFolder where relative paths are read from: `minilab process` only
 */
export async function startWorker(foundation: Foundation, localFolder?: string): Promise<Worker> {
  const { config, database, queue, feed, storage, guard, log } = foundation;
  const userAgent = userAgentOf(config.publicUrl);
  const { db, hurried, patient } = database;
  const id = newUuid();
  const slots = SLOTS_TO_WAIT_IN + SLOTS_PER_CORE * config.workerCores;
  const temporaryFolder = join(config.dataDir, 'tmp', `worker-${id}`);
  await reportWorker(db, { id, slots, version: VERSION });

  const sourceFiles = createSourceFiles(temporaryFolder);
  const decoders = createDecoderPool(config.workerCores + SPARE_DECODERS, {
    onCrash: (error) => log.warn({ err: error }, 'a decoder crashed; its image is tried again'),
  });
  decoders.warm();
  await decoders.probe();
  const files = diskStorage(temporaryFolder);
  const trouble = await findTrouble();
  const limiter = createHostLimiter({
    database,
    workerId: id,
    hostConcurrency: config.hostConcurrency,
    downloadConcurrency: config.downloadConcurrency,
    openHeaders: headersOpener(foundation.secretsKey),
    recordNow: (outcomes) => recordOutcomes(hurried, outcomes, config.hostConcurrency),
    log,
  });
  const pipeline = createPipeline({
    fetchRules: {
      guard,
      maxBytes: config.maxSourceBytes,
      userAgent,
      localFolder,
    },
    acquirePermit: limiter.acquire,
    decoders,
    storage,
    sourceFiles,
    findSet: (tenantId, setId) => findSet(hurried, { tenantId, setId }),
  });
  const pump = startPump({
    queue,
    name: 'process_image',
    slots,
    waiting: limiter.waiting,
    claim: (tasks) => claimImages(hurried, tasks),
    handle: createImageTask({ pipeline, log, onTrouble: (trouble) => pump.pause(trouble.message) }),
    record: recordWithHostOutcomes,
    isToBeAlone: isSuspect,
    onTaken: (taken) => foundation.watchdog.took(taken.map(named)),
    onReleased: foundation.watchdog.left,
    pausedBecause: trouble,
    log,
  });

  const { webhookSchedule: schedule, webhookTimeoutMs: timeoutMs } = config;
  const deliveries = startDeliveries({ db, queue, guard, userAgent, schedule, timeoutMs, log });

  const ending = new AbortController();
  const stopChores = [
    every(SWEEP_EVERY_MS, async () => tell(await sweep(db, feed))),
    every(LOST_EVERY_MS, () => doInGroups(queue, 'lost_image', recordLost)),
    every(SWEEP_EVERY_MS, () => rescueDeliveries(db, queue)),
    every(SWEEP_EVERY_MS, () => purgeFiles(db, storage, ending.signal)),
    every(SWEEP_EVERY_MS, () => searchStorage(db, storage)),
    every(FORGET_EVERY_MS, () => forgetDeadWorkers(db)),
    every(REPORT_EVERY_MS, () => reportWorker(db, { id, slots, version: VERSION })),
    every(TROUBLE_CHECK_MS, resumeWhenWell),
    every(REPORT_EVERY_MS, stopClaimingOfNewerSchema),
    every(FORGET_EVERY_MS, () => forgetOldAnswers(db)),
    every(FORGET_EVERY_MS, () => forgetStalls(db)),
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

  async function recordWithHostOutcomes(finished: Parameters<typeof recordResults>[1]): Promise<void> {
    const hostOutcomes = limiter.takeOutcomes();
    try {
      tell(await recordResults(hurried, finished, { ...feed, hostOutcomes }));
    } catch (error) {
      limiter.putBackOutcomes(hostOutcomes);
      throw error;
    }
  }

  async function recordLost(tasks: Task<'lost_image'>[]): Promise<void> {
    const lost = tasks.map(({ data: { tenant_id, batch_id, task_id } }) => ({
      ...{ tenantId: tenant_id, batchId: batch_id, taskId: task_id },
    }));
    tell(await recordLostImages(db, lost, feed));
  }

  function tell(ended: EndedBatch[]): void {
    for (const { batchId, round, state } of ended)
      log.info({ batch: batchId, round, state }, 'a batch ended');
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
      await Promise.all([pump.stop(graceMs), deliveries.stop(graceMs)]);
      await decoders.stop();
      await limiter.stop();
      await sourceFiles.close();
      if (await isAlive(hurried)) await forgetWorker(hurried, id).catch(() => {});
      await rm(temporaryFolder, { recursive: true, force: true });
      log.info({ worker: id }, 'worker stopped');
    },
  };
}

/** As the watchdog tells it. */
function named({ task, work: { batchId, slot, url } }: Taken<'process_image', ImageWork>): InHand {
  return { task: task.id, batch: batchId, slot, url };
}

const NEWER_SCHEMA = 'the database was migrated by a newer Minilab; install that version here too';

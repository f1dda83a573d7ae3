import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Services } from './services.ts';
import { logEnded } from './batches/settle.ts';
import { removeDamaged } from './batches/remove-damaged.ts';
import { isAlive } from './db/database.ts';
import { recordOutcomes } from './hosts/host-feedback.ts';
import { createHostLimiter, type HostLimiter } from './hosts/host-limiter.ts';
import { headersOpener } from './hosts/headers.ts';
import { newUuid } from './ids.ts';
import type { DecoderPool } from './pipeline/decoder-pool.ts';
import { createDecoders } from './pipeline/decoders.ts';
import { createSourceFiles } from './pipeline/download/source-files.ts';
import { createPipeline } from './pipeline/pipeline.ts';
import { MarkCache } from './marks/mark-cache.ts';
import { type Pump, startPump, type Taken } from './queue/pump.ts';
import { Presence } from './queue/presence.ts';
import { WakeUps } from './queue/wake-ups.ts';
import { forgetWorker, type WorkerDoing } from './queue/workers.ts';
import { plainFolder } from './storage/disk-probe.ts';
import { patientStorage } from './storage/patient.ts';
import { workerFolder } from './temporary-folder.ts';
import { userAgentOf, VERSION } from './version.ts';
import type { WatchedTask } from './watchdog/watchdog.ts';
import { startDeliveries } from './webhooks/webhook.tasks.ts';
import { choresOf } from './work/chores.ts';
import { claimImages } from './work/claim.ts';
import { type ClaimedImage, type FinishedImage, isSuspect, processImage } from './work/process-image.ts';
import { recordResults } from './work/record.ts';
import { TROUBLE, troubleOf, watchHealth } from './work/health.ts';
import { type Others, watchOthers } from './work/others.ts';
import { type Chore, repeat } from './work/repeat.ts';
import { SCHEMA, schemaChore } from './work/schema-chore.ts';
import { setFinder } from './work/rendition-sets.ts';
import { addChores, leasedChores } from './work/chore-leases.ts';

export type Worker = {
  /** why it claims no images; empty while it does */
  pausedBecause(): string[];
  /** Lets what is in hand finish for `graceMs`, hands the rest back, and ends. */
  stop(graceMs?: number): Promise<void>;
};

export type WorkerOptions = {
  /** where relative paths are read from: `minilab process` only */
  localFolder?: string;
  /** makes the pipeline; a benchmark has one that makes no pictures */
  pipelineOf?: typeof createPipeline;
  /** that have been started already. The worker stops them */
  decoders?: DecoderPool | undefined;
};

const CAPACITY_FOR_DOWNLOADS = 24; // they wait on the network, or for the record of their group (recorder.ts)
const CAPACITY_PER_CORE = 4; // decoders must never wait for a source
const GRACE_MS = 20_000;
const REPORT_EVERY_MS = 5_000;

/**
 * Starts a worker: it processes images, delivers webhooks, and does the chores.
 */
export async function startWorker(
  services: Services,
  { localFolder, pipelineOf = createPipeline, decoders: started }: WorkerOptions = {},
): Promise<Worker> {
  const { config, database, queue, feed, storage, guard, watchdog } = services;
  const { db, hurried } = database;
  const { downloadConcurrency, webhookSchedule, webhookTimeoutMs } = config;
  const userAgent = userAgentOf(config.publicUrl);
  const id = newUuid();
  const log = services.log.child({ worker: id });
  const capacity = CAPACITY_FOR_DOWNLOADS + CAPACITY_PER_CORE * config.workerCores;
  const presence = new Presence(db, { id, machine: config.machineName, version: VERSION, capacity }, log);
  await presence.report({ inHand: 0, pausedBecause: ['it is starting'] });

  const folder = workerFolder(join(config.dataDir, 'tmp'), id);
  const sourceFiles = createSourceFiles(folder);
  const decoders = started ?? createDecoders(config, log);
  decoders.warm();
  await decoders.probe();
  const parts = [storage, plainFolder(folder), decoders];
  const ending = new AbortController();
  const limiter = createHostLimiter({
    database,
    workerId: id,
    hostConcurrency: () => feed.hostConcurrency,
    downloadConcurrency,
    openHeaders: headersOpener(services.secretsKey),
    recordNow: (outcomes) => recordOutcomes(hurried, outcomes, feed.hostConcurrency),
    liveWorkers: () => presence.liveWorkers,
    log,
  });
  const onTrouble = (trouble: Error): void => health.failed(trouble);
  const pipeline = pipelineOf({
    fetchRules: { guard, maxBytes: config.maxSourceBytes, userAgent, localFolder },
    acquirePermit: limiter.acquire,
    decoders,
    storage: patientStorage(storage, {
      onTrouble(trouble, sinceMs) {
        onTrouble(trouble);
        others.failed(sinceMs);
      },
      onSuccess: () => others.stored(),
      ending: ending.signal,
    }),
    sourceFiles,
    findSet: setFinder(hurried),
    removeDamaged: (tenantId, { setId, files }, signal) =>
      removeDamaged(hurried, storage, { set: { tenant_id: tenantId, hash16: setId }, files }, signal),
  });
  const marks = new MarkCache();
  const trouble = await troubleOf(parts);
  const wakeUps = new WakeUps(database, () => presence.liveWorkers);
  const pump = startPump(
    {
      queue,
      name: 'process_image',
      capacity,
      waiting: limiter.waiting,
      claim: (tasks) => claimImages(hurried, tasks, feed, marks),
      handle: (image, signal) => processImage(image, { pipeline, log, onTrouble }, signal),
      record: recordingWith(limiter, services),
      isToBeAlone: isSuspect,
      onTaken: (taken) => watchdog.began(taken.map(watched)),
      onReleased: watchdog.ended,
      wakeUps,
      log,
    },
    { [TROUBLE]: trouble?.message },
  );
  const health = watchHealth(parts, pump, trouble);
  const others = watchOthers({ db: hurried, workerId: id, pump, log });
  const deliveries = startDeliveries({
    db: hurried,
    queue,
    guard,
    userAgent,
    schedule: webhookSchedule,
    timeoutMs: webhookTimeoutMs,
    wakeUps,
    log,
  });
  const chores = choresOf({ database, storage, feed, config, log, signal: ending.signal });
  await addChores(db, chores);
  const stopChores = repeat(
    [
      {
        name: 'report the worker',
        everyMs: REPORT_EVERY_MS,
        run: () => presence.report(doingOf(pump, others)),
      },
      health.chore,
      schemaChore([pump, deliveries], db, log),
      others.chore,
      storageChore(pump, services),
      leasedChores(chores, {
        db,
        workerId: id,
        liveWorkers: () => presence.liveWorkers,
        isPaused: () => pump.isPaused(SCHEMA),
        log,
      }),
    ],
    log,
  );

  log.info({ capacity, cores: config.workerCores }, 'worker started');
  return {
    pausedBecause: () => pump.pausedBecause(),
    async stop(graceMs = GRACE_MS) {
      ending.abort();
      stopChores();
      await Promise.all([pump.stop(graceMs), deliveries.stop(graceMs), wakeUps.stop()]);
      await decoders.stop();
      await limiter.stop();
      await sourceFiles.close();
      if (await isAlive(hurried)) await forgetWorker(hurried, id).catch(() => {});
      await rm(folder, { recursive: true, force: true });
      log.info('worker stopped');
    },
  };
}

/** Records results together with what downloads showed of their hosts since the last time. */
function recordingWith(limiter: HostLimiter, { database, feed, log }: Services) {
  return async (finished: FinishedImage[]): Promise<void> => {
    const hostOutcomes = limiter.takeOutcomes();
    try {
      logEnded(log, await recordResults(database.hurried, finished, { ...feed, hostOutcomes }));
    } catch (error) {
      limiter.putBackOutcomes(hostOutcomes);
      throw error;
    }
  };
}

function doingOf(pump: Pump, others: Others): WorkerDoing {
  return {
    inHand: pump.inHand(),
    pausedBecause: pump.pausedBecause(),
    storedAgoMs: others.storedAgoMs(),
  };
}

/** Pauses a pump while all processes share another storage: they would not see its files. */
function storageChore(pump: Pump, { config, shared }: Services): Chore {
  return {
    name: 'check the shared storage',
    everyMs: REPORT_EVERY_MS,
    async run() {
      const isTheirs = isDeepStrictEqual(shared.now().storage, config.storage);
      pump.pause(
        'storage',
        isTheirs ? undefined : 'all processes share another storage than this one uses; restart it',
      );
    },
  };
}

/** What the watchdog logs of a task. */
function watched({ task, work: image }: Taken<'process_image', ClaimedImage>): WatchedTask {
  return { task: task.id, batch: image.batchId, slot: image.slot, url: image.url };
}

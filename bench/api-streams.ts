import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { DEFAULT_TENANT } from '../src/access/tenants.ts';
import type { BatchKey } from '../src/batches/batch.ts';
import { lockBatches, writeCounters } from '../src/batches/counters.ts';
import { type Db, openDatabase } from '../src/db/database.ts';
import { uuidOf } from '../src/ids.ts';
import { residentMemory } from '../src/pipeline/memory.ts';
import { type Batch, json, type Running, startMinilab, upload } from '../test/support/minilab.ts';
import { csvOf } from '../test/support/tenants-api.ts';
import type { ApiRig } from './api.ts';
import { cpuSecondsNow } from './rig.ts';
import type { Heard } from './streams-client.ts';

/** Of the server alone, without the statements of the benchmark. A CPU share of 1 is one core. */
type Usage = { statements_per_second: number; cpu_share: number };

type OfStreams = {
  idle: Usage;
  /** while the batches progress */
  progressing: Usage & { events_per_second: number; progress_per_second: number };
  heap_grown_mb: number;
  rss_grown_mb: number;
};

export type Streams = {
  streams: number;
  none: Usage;
  of_one_batch: OfStreams;
  of_as_many_batches: OfStreams;
};

const STREAMS = 500;
const SECONDS = 8;
const PROGRESS_EVERY_MS = 200;
const IMAGES = 200; // more than there are progresses
const SETTLE_MS = 2_000;
const UPLOADS_AT_ONCE = 10;

type Parts = { minilab: Running; db: Db };

/** Compares a server with 500 event streams, of one batch and of as many batches, with the same server without. */
export async function measureStreams({ origin, newSettings }: ApiRig): Promise<Streams> {
  await using stack = new AsyncDisposableStack();
  const probe = pathToFileURL(join(import.meta.dirname, 'heap-probe.ts')).href;
  const settings = { ...(await newSettings('streams')), NODE_OPTIONS: `--import ${probe}` };
  const minilab = stack.use(await startMinilab('serve --no-worker', settings));
  const { db } = openDatabase(settings.DATABASE_URL, 1);
  stack.defer(() => db.destroy());
  const batches: Batch[] = [];
  const csv = csvOf(IMAGES, `${origin.url}/`);
  while (batches.length < STREAMS) {
    const uploads = Array.from({ length: UPLOADS_AT_ONCE }, () => json<Batch>(upload(minilab.url, csv)));
    batches.push(...(await Promise.all(uploads)));
  }
  const parts = { minilab, db };
  await sleep(SETTLE_MS);
  const none = await usage(parts, () => sleep(1000 * SECONDS).then(() => 0));
  return {
    streams: STREAMS,
    none,
    of_one_batch: await measure(parts, batches.slice(0, 1)),
    of_as_many_batches: await measure(parts, batches),
  };
}

async function measure(parts: Parts, batches: Batch[]): Promise<OfStreams> {
  const before = await memoryOf(parts.minilab);
  const client = fork(join(import.meta.dirname, 'streams-client.ts'));
  try {
    client.send(
      Array.from({ length: STREAMS }, (_, i) => `${batches[i % batches.length]?.links.self}/events`),
    );
    await once(client, 'message');
    await sleep(SETTLE_MS);
    const idle = await usage(parts, () => sleep(1000 * SECONDS).then(() => 0));
    const progressing = await whileProgressing(parts, client, batches.map(keyOf));
    const after = await memoryOf(parts.minilab);
    return {
      idle,
      progressing,
      heap_grown_mb: after.heapMb - before.heapMb,
      rss_grown_mb: after.rssMb - before.rssMb,
    };
  } finally {
    client.disconnect();
    await once(client, 'exit');
  }
}

async function whileProgressing(
  parts: Parts,
  client: ChildProcess,
  keys: BatchKey[],
): Promise<OfStreams['progressing']> {
  const before = await heardBy(client);
  let progresses = 0;
  const used = await usage(parts, async () => (progresses = await progress(parts.db, keys)));
  const after = await heardBy(client);
  return {
    ...used,
    events_per_second: (after.progress - before.progress) / SECONDS,
    progress_per_second: progresses / SECONDS,
  };
}

/** Counts one image more of each batch, as a worker does, five times a second. @returns the number of transactions */
async function progress(db: Db, keys: BatchKey[]): Promise<number> {
  const until = performance.now() + 1000 * SECONDS;
  let done = 0;
  for (; performance.now() < until; done += 1) {
    const next = sleep(PROGRESS_EVERY_MS);
    await db.transaction().execute(async (trx) => {
      const batches = await lockBatches(trx, keys);
      for (const batch of batches.values()) {
        batch.completed += 1;
        batch.endedSlots.completed.push(`{[${batch.completed},${batch.completed + 1})}`);
      }
      await writeCounters(trx, batches);
    });
    await next;
  }
  return done;
}

/** @param work returns how many transactions it made */
async function usage({ minilab, db }: Parts, work: () => Promise<number>): Promise<Usage> {
  const pid = minilab.child.pid ?? 0;
  const cpuBefore = (await cpuSecondsNow(pid)).parent;
  const before = await transactions(db);
  const startedAt = performance.now();
  const own = await work();
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = (await cpuSecondsNow(pid)).parent - cpuBefore;
  return {
    statements_per_second: ((await transactions(db)) - before - own) / seconds,
    cpu_share: cpu / seconds,
  };
}

/** Each statement outside a transaction is one of its own. */
async function transactions(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select xact_commit::float8 as count from pg_stat_database where datname = current_database()`.execute(db);
  return rows[0]?.count ?? Number.NaN;
}

let probes = 0;

async function memoryOf({ child, said }: Running): Promise<{ heapMb: number; rssMb: number }> {
  probes += 1;
  const line = new RegExp(`heap ${probes} has (\\d+) bytes`);
  child.kill('SIGUSR2');
  while (!line.test(said())) await sleep(20);
  return {
    heapMb: Number(line.exec(said())?.[1]) / 1e6,
    rssMb: ((await residentMemory(child.pid ?? 0)) ?? Number.NaN) / 1e6,
  };
}

async function heardBy(client: ChildProcess): Promise<Heard> {
  client.send('how many');
  const [heard] = (await once(client, 'message')) as [Heard];
  return heard;
}

function keyOf({ id }: Batch): BatchKey {
  return { tenantId: DEFAULT_TENANT, batchId: uuidOf('bat', id) ?? '' };
}

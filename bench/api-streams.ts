import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_TENANT } from '../src/access/tenants.ts';
import type { BatchKey } from '../src/batches/batch.ts';
import { lockBatches, writeCounters } from '../src/batches/counters.ts';
import { type Db, openDatabase } from '../src/db/database.ts';
import { uuidOf } from '../src/ids.ts';
import { type Batch, json, upload } from '../test/support/minilab.ts';
import { type ApiRig, csvOf } from './api-rig.ts';
import { type Probe, type ProbedServer, startProbedServer, type Usage } from './probed-server.ts';
import type { Heard } from './streams-client.ts';

type OfStreams = {
  idle: Usage;
  /** while all batches progress */
  progressing: Usage & { progress_per_second: number; events_per_second: number };
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
const SECONDS = 5;
const PROGRESS_EVERY_MS = 200;
const IMAGES = 100; // more than progress is made
const SETTLE_MS = 2_000;
const UPLOADS_AT_ONCE = 10;

type Parts = { server: ProbedServer; db: Db };

/** Compares a server with 500 event streams, of one batch and of as many batches, with the same server without. */
export async function measureStreams({ origin, newSettings }: ApiRig): Promise<Streams> {
  await using stack = new AsyncDisposableStack();
  const settings = await newSettings('streams');
  const server = stack.use(await startProbedServer(settings));
  const { db } = openDatabase(settings.DATABASE_URL, 1);
  stack.defer(() => db.destroy());
  const batches = await newBatches(server.url, csvOf(IMAGES, origin.url));
  const parts = { server, db };
  await withStreams(batches, () => sleep(SETTLE_MS)); // the code is compiled
  await settled(parts);
  return {
    streams: STREAMS,
    none: await server.usage(idle),
    of_one_batch: await measure(parts, batches.slice(0, 1)),
    of_as_many_batches: await measure(parts, batches),
  };
}

async function newBatches(url: string, csv: string): Promise<Batch[]> {
  const batches: Batch[] = [];
  while (batches.length < STREAMS) {
    const uploads = Array.from({ length: UPLOADS_AT_ONCE }, () => json<Batch>(upload(url, csv)));
    batches.push(...(await Promise.all(uploads)));
  }
  return batches;
}

const idle = (): Promise<void> => sleep(1000 * SECONDS);

async function measure(parts: Parts, batches: Batch[]): Promise<OfStreams> {
  const { server } = parts;
  const before = await settled(parts);
  return withStreams(batches, async (client) => {
    await sleep(SETTLE_MS);
    const whileIdle = await server.usage(idle);
    const progressing = await whileProgressing(parts, client, batches.map(keyOf));
    const after = await server.probe();
    return {
      idle: whileIdle,
      progressing,
      heap_grown_mb: after.heapMb - before.heapMb,
      rss_grown_mb: after.rssMb - before.rssMb,
    };
  });
}

/** The server after its last streams have closed, and after it has returned memory to the system. */
async function settled({ server }: Parts): Promise<Probe> {
  await sleep(SETTLE_MS);
  await server.probe();
  await sleep(SETTLE_MS);
  return server.probe();
}

/** Opens the streams, the same number of each batch, and ends them after the work. */
async function withStreams<T>(batches: Batch[], work: (client: ChildProcess) => Promise<T>): Promise<T> {
  const client = fork(join(import.meta.dirname, 'streams-client.ts'));
  try {
    client.send(
      Array.from({ length: STREAMS }, (_, i) => `${batches[i % batches.length]?.links.self}/events`),
    );
    await once(client, 'message');
    return await work(client);
  } finally {
    client.disconnect();
    await once(client, 'exit');
  }
}

async function whileProgressing(
  { server, db }: Parts,
  client: ChildProcess,
  keys: BatchKey[],
): Promise<OfStreams['progressing']> {
  const before = await heardBy(client);
  let made = 0;
  const used = await server.usage(async () => (made = await makeProgress(db, keys)));
  const after = await heardBy(client);
  return {
    ...used,
    progress_per_second: made / SECONDS,
    events_per_second: (after.progress - before.progress) / SECONDS,
  };
}

/** Counts one image more of each batch, as a worker does, five times a second. @returns how often */
async function makeProgress(db: Db, keys: BatchKey[]): Promise<number> {
  const until = performance.now() + 1000 * SECONDS;
  let made = 0;
  for (; performance.now() < until; made += 1) {
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
  return made;
}

async function heardBy(client: ChildProcess): Promise<Heard> {
  client.send('how many');
  const [heard] = (await once(client, 'message')) as [Heard];
  return heard;
}

function keyOf({ id }: Batch): BatchKey {
  return { tenantId: DEFAULT_TENANT, batchId: uuidOf('bat', id) ?? '' };
}

/** What others notice of a large batch, and how it is read and deleted. */
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { residentMemory } from '../src/pipeline/memory.ts';
import { type Batch, json, startMinilab, untilEnded, upload } from '../test/support/minilab.ts';
import { type Sent, uploadFile, watchMemory } from './intake-upload.ts';
import { median, type Settings } from './rig.ts';

export type Beside = {
  first_image_after_s: number;
  status_p99_ms: { idle: number; beside: number };
  images_page_p99_ms: { idle: number; beside: number };
  small_batch_s: { solo: number; beside: number };
  images_done_meanwhile: number;
  output_csv: {
    first_byte_ms: number;
    seconds: number;
    rows: number;
    in_order: boolean;
    rss_grown_mb: number;
  };
  cancel_ms: number;
  delete_s: number;
};

const REQUESTS_A_SMALL_BATCH = 200;

/** Measures other requests on a server with a worker, before a large batch and while it runs. */
export async function besideLargeBatch(
  file: string,
  { settings, origin, requests }: { settings: Settings; origin: string; requests: number },
): Promise<Beside> {
  await using minilab = await startMinilab('serve --no-worker', settings);
  await using worker = await startMinilab('worker', settings);
  void worker;
  const smallBatches = Math.ceil(requests / REQUESTS_A_SMALL_BATCH);
  const small = (): Promise<number[]> => measured(smallBatches, () => smallBatch(minilab.url, origin));
  const solo = await small();
  const [ended] = (await json<{ items: Batch[] }>(fetch(`${minilab.url}/v1/batches`))).items;
  if (!ended) throw new Error('there is no batch');
  const idle = await latencies(ended, requests);
  const sent = await uploadFile(minilab.url, file);
  const self = sent.batch.links.self;
  const startedAt = await untilStarted(self);
  const beside = await latencies(sent.batch, requests);
  const smallBeside = await small();
  const { counts } = await json<Batch>(fetch(self));
  return {
    first_image_after_s: (startedAt - sent.acceptedAt) / 1000,
    status_p99_ms: { idle: idle.status, beside: beside.status },
    images_page_p99_ms: { idle: idle.images, beside: beside.images },
    small_batch_s: { solo: median(solo), beside: median(smallBeside) },
    images_done_meanwhile: counts.completed,
    ...(await endOf(sent, minilab.child.pid ?? 0)),
  };
}

/** In this order: nothing is made while the output is read. */
async function endOf(
  { batch }: Sent,
  pid: number,
): Promise<Pick<Beside, 'cancel_ms' | 'output_csv' | 'delete_s'>> {
  const cancelled = await timed(() => fetch(`${batch.links.self}/cancel`, { method: 'POST' }));
  const output_csv = await readOutput(batch.links.output_csv, pid);
  const delete_s = await timed(() => fetch(batch.links.self, { method: 'DELETE' }));
  return { cancel_ms: cancelled * 1000, output_csv, delete_s };
}

/** Waits until the first image is in progress. @returns milliseconds since 1970 */
async function untilStarted(self: string): Promise<number> {
  for (;;) {
    const { started_at } = await json<{ started_at: string | null }>(fetch(`${self}?wait=5`));
    if (started_at !== null) return Date.parse(started_at);
  }
}

/** Latencies as 99th percentiles, in milliseconds. */
async function latencies({ links }: Batch, requests: number): Promise<{ status: number; images: number }> {
  return {
    status: await p99(requests, () => fetch(links.self)),
    images: await p99(requests, () => fetch(`${links.images}?limit=100`)),
  };
}

async function p99(requests: number, send: () => Promise<Response>): Promise<number> {
  const seconds = await measured(requests, () => timed(async () => (await send()).arrayBuffer()));
  return 1000 * (seconds.toSorted((a, b) => a - b)[Math.ceil(0.99 * requests) - 1] ?? Number.NaN);
}

/** Processes a batch of ten rows. @returns seconds from upload to end */
async function smallBatch(url: string, origin: string): Promise<number> {
  const run = crypto.randomUUID(); // makes every URL new
  const csv = Array.from({ length: 10 }, (_, i) => `${i + 1},P,${origin}/${i}/${run}.jpg\n`).join('');
  return timed(async () => {
    const batch = await json<Batch>(upload(url, `S. No.,Product Name,Images\n${csv}`));
    await untilEnded(batch.links.self);
  });
}

async function readOutput(url: string, pid: number): Promise<Beside['output_csv']> {
  const before = (residentMemory(pid) ?? Number.NaN) / 1e6;
  const peak = watchMemory(pid);
  const startedAt = performance.now();
  const { body } = await fetch(url);
  if (!body) throw new Error('output.csv has no body');
  let firstByte = 0;
  async function* timedChunks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      firstByte ||= performance.now() - startedAt;
      yield chunk;
    }
  }
  let rows = -1; // the header
  let inOrder = true;
  for await (const line of createInterface({ input: Readable.from(timedChunks(body)) })) {
    rows += 1;
    inOrder &&= rows === 0 || line.startsWith(`${rows},`);
  }
  return {
    first_byte_ms: firstByte,
    seconds: (performance.now() - startedAt) / 1000,
    rows,
    in_order: inOrder,
    rss_grown_mb: peak.stop() - before,
  };
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

async function measured(times: number, measure: () => Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let i = 0; i < times; i += 1) values.push(await measure());
  return values;
}

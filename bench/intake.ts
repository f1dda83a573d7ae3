import { createReadStream } from 'node:fs';
import { chmod, open, stat, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { sql } from 'kysely';
import { openDatabase } from '../src/db/database.ts';
import { holdEmbeddedServer } from '../src/db/embedded.ts';
import { migrate } from '../src/db/migrate.ts';
import { copyTargets, insertBatch } from '../src/intake/accept.ts';
import { stageUpload } from '../src/intake/staged-upload.ts';
import { residentMemory } from '../src/pipeline/memory.ts';
import { BUILTIN_PRESETS } from '../src/presets/builtin.ts';
import { newFolder } from '../test/support/folder.ts';
import { type Batch, json, startMinilab, untilEnded, upload } from '../test/support/minilab.ts';
import { smallPicture } from '../test/support/pictures.ts';
import { median, settingsOf, startOrigin, sum } from './rig.ts';

/** Field names end with their units: seconds, milliseconds, megabytes. */
export type Intake = {
  rows: number;
  file_mb: number;
  copy_s: number;
  from_first_byte_s: number;
  from_last_byte_s: number;
  ratio_from_first_byte: number;
  ratio_from_last_byte: number;
  server_peak_rss_mb: number;
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

const REQUESTS = 2_000;
const SMALL_BATCHES = 10;

/** Compares the upload of a large file with a COPY of the same rows, and measures other requests meanwhile. */
export async function intake({ rows }: { rows: number }): Promise<Intake> {
  await using folder = await newFolder();
  await using stack = new AsyncDisposableStack();
  const picture = join(folder.path, 'picture.jpg');
  await writeFile(picture, await smallPicture(1));
  const origin = await startOrigin([picture]);
  stack.defer(() => origin.child.disconnect());
  const file = join(folder.path, 'million.csv');
  await writeCatalogue(file, rows, origin.url);
  const server = await holdEmbeddedServer(folder.path, 'bench');
  stack.defer(() => server.close());

  const copies = [await copyAlone(file, folder.path, await server.freshDatabase('bench_copy_1'))];
  const settings = settingsOf(folder.path, await server.database('bench'));
  await using minilab = await startMinilab('serve --no-worker', settings);
  await using worker = await startMinilab('worker', settings);
  void worker;

  const small = (): Promise<number> => smallBatch(minilab.url, origin.url);
  const solo = await measured(SMALL_BATCHES, small);
  const [ended] = (await json<{ items: Batch[] }>(fetch(`${minilab.url}/v1/batches`))).items;
  if (!ended) throw new Error('there is no batch');
  const idle = await latencies(ended);

  const peak = watchMemory(minilab.child.pid ?? 0);
  const sent = await uploadFile(minilab.url, file);
  const serverPeak = peak.stop();
  const self = sent.batch.links.self;
  const startedAt = await untilStarted(self);
  const beside = await latencies(sent.batch);
  const smallBeside = await measured(SMALL_BATCHES, small);
  const { counts } = await json<Batch>(fetch(self));
  const cancelled = await timed(() => fetch(`${self}/cancel`, { method: 'POST' }));
  const output = await readOutput(sent.batch.links.output_csv, minilab.child.pid ?? 0);
  const deleted = await timed(() => fetch(self, { method: 'DELETE' }));
  copies.push(await copyAlone(file, folder.path, await server.freshDatabase('bench_copy_2')));

  const copy = sum(copies) / copies.length; // one before and one after, because the machine's speed varies
  return {
    rows,
    file_mb: (await stat(file)).size / 1e6,
    copy_s: copy,
    from_first_byte_s: sent.fromFirstByte,
    from_last_byte_s: sent.fromLastByte,
    ratio_from_first_byte: sent.fromFirstByte / copy,
    ratio_from_last_byte: sent.fromLastByte / copy,
    server_peak_rss_mb: serverPeak,
    first_image_after_s: (startedAt - sent.acceptedAt) / 1000,
    status_p99_ms: { idle: idle.status, beside: beside.status },
    images_page_p99_ms: { idle: idle.images, beside: beside.images },
    small_batch_s: { solo: median(solo), beside: median(smallBeside) },
    images_done_meanwhile: counts.completed,
    output_csv: output,
    cancel_ms: cancelled * 1000,
    delete_s: deleted,
  };
}

async function writeCatalogue(path: string, rows: number, origin: string): Promise<void> {
  await using file = await open(path, 'wx');
  function* lines(): Generator<string> {
    yield 'S. No.,SKU,Product Name,Input Image Urls\r\n';
    for (let i = 1; i <= rows; i += 1)
      yield `${i},ART-${i},"Product number ${i}, blue",${origin}/${i}/catalogue/front-view.jpg\r\n`;
  }
  await pipeline(Readable.from(lines()), file.createWriteStream());
}

/**
 * Copies the same rows into the same tables, with the same indexes and checks, in one transaction with fsync.
 * The server itself reads them from prepared files.
 * @returns seconds
 */
async function copyAlone(file: string, folder: string, url: string): Promise<number> {
  const { db, pool } = openDatabase(url, 1);
  try {
    await migrate(db);
    const rules = { tenantId: 1, folder, maxBytes: 1e10, allowPaths: false, presets: BUILTIN_PRESETS };
    await using staged = await stageUpload(createReadStream(file), rules);
    const [preset] = BUILTIN_PRESETS;
    if (!preset) throw new Error('there is no preset');
    await chmod(folder, 0o755); // the server may be another user
    await chmod(dirname(staged.files.products), 0o755);
    await pool.query('checkpoint');
    return await timed(() =>
      db.transaction().execute(async (trx) => {
        await insertBatch(trx, staged, { tenantId: 1, name: 'copy', preset });
        for (const { target, path } of copyTargets(staged.files))
          await sql`copy ${sql.raw(target)} from ${sql.lit(path)}`.execute(trx);
      }),
    );
  } finally {
    await db.destroy();
  }
}

async function uploadFile(url: string, file: string) {
  const headers = { 'content-type': 'text/csv', 'content-length': (await stat(file)).size };
  const sending = request(`${url}/v1/batches?name=million`, { method: 'POST', headers });
  const answered = new Promise<Batch>((resolve, reject) => {
    sending.once('error', reject);
    sending.once('response', (response) => {
      response.setEncoding('utf8');
      void Array.fromAsync(response as AsyncIterable<string>).then(
        (pieces) => resolve(JSON.parse(pieces.join('')) as Batch),
        reject,
      );
    });
  });
  const startedAt = performance.now();
  await pipeline(createReadStream(file), sending);
  const sentAt = performance.now();
  const batch = await answered;
  const now = performance.now();
  return {
    batch,
    acceptedAt: Date.now(),
    fromFirstByte: (now - startedAt) / 1000,
    fromLastByte: (now - sentAt) / 1000,
  };
}

/** Waits until the first image is in progress. @returns milliseconds since 1970 */
async function untilStarted(self: string): Promise<number> {
  for (;;) {
    const { started_at } = await json<{ started_at: string | null }>(fetch(`${self}?wait=5`));
    if (started_at !== null) return Date.parse(started_at);
  }
}

/** Latencies as 99th percentiles, in milliseconds. */
async function latencies({ links }: Batch): Promise<{ status: number; images: number }> {
  return {
    status: await p99(() => fetch(links.self)),
    images: await p99(() => fetch(`${links.images}?limit=100`)),
  };
}

async function p99(send: () => Promise<Response>): Promise<number> {
  const seconds = await measured(REQUESTS, () => timed(async () => (await send()).arrayBuffer()));
  return 1000 * (seconds.toSorted((a, b) => a - b)[Math.ceil(0.99 * REQUESTS) - 1] ?? Number.NaN);
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

async function readOutput(url: string, pid: number): Promise<Intake['output_csv']> {
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

function watchMemory(pid: number): { stop(): number } {
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, (residentMemory(pid) ?? 0) / 1e6);
  }, 100);
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
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

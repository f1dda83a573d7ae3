import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { pino } from 'pino';
import sharp from 'sharp';
import { readConfig } from '../src/config.ts';
import type { Db } from '../src/db/database.ts';
import { holdEmbeddedServer } from '../src/db/embedded.ts';
import { openServices } from '../src/services.ts';
import { acceptUpload } from '../src/intake/accept.ts';
import { stageUpload } from '../src/intake/staged-upload.ts';
import { newFolder } from '../test/support/folder.ts';
import { startMinilab } from '../test/support/minilab.ts';
import { PRESET, settingsOf, startOrigin } from './rig.ts';

export type Settle = {
  images: number;
  /** from the first image to the last, all in one batch */
  one_batch_seconds: number;
  /** a batch per image: the same time as a ratio to one batch, and the time from the last image to the end of the last batch */
  batch_each: { of_one_batch: number; end_seconds: number; end_of_images: number };
  /** batches without an image: from acceptance to end, for the slowest one */
  empty_end_seconds: number;
};

const IMAGES = 500;
const WORKERS = 2;

/** Compares many batches of one image with one batch of as many. Images are tiny: the overhead is measured. */
export async function settle(): Promise<Settle> {
  await using folder = await newFolder();
  await using stack = new AsyncDisposableStack();
  const picture = join(folder.path, 'tiny.jpg');
  await sharp({ create: { width: 64, height: 64, channels: 3, background: 'teal' } }).toFile(picture);
  const origin = await startOrigin([picture]);
  stack.defer(() => origin.child.disconnect());
  const server = await holdEmbeddedServer(folder.path, 'bench');
  stack.defer(() => server.close());
  const settings = settingsOf(folder.path, await server.database('bench'));
  const config = readConfig(settings);
  const services = await openServices(config, settings.DATABASE_URL, pino({ level: 'silent' }));
  stack.defer(services.close);
  const { db } = services.database;

  async function accept(urls: string[]): Promise<void> {
    const intake = { tenantId: 1, folder: config.dataDir, maxBytes: 1e9, allowPaths: false, presets: [] };
    const csv = Readable.from([Buffer.from(`Name,Image\n${urls.map((url) => `P,${url}\n`).join('')}`)]);
    await using staged = await stageUpload(csv, intake);
    await acceptUpload(
      services.database,
      staged,
      { tenantId: 1, name: 'bench', preset: PRESET },
      services.feed,
    );
  }

  /** Starts the workers after all batches are accepted. */
  async function run(batches: string[][]): Promise<Seconds> {
    for (const urls of batches) await accept(urls);
    await using running = new AsyncDisposableStack();
    const starting = Array.from({ length: WORKERS }, () => startMinilab('worker', settings));
    for (const worker of await Promise.all(starting)) running.use(worker);
    return await untilEnded(db);
  }

  const urls = (from: number): string[] =>
    Array.from({ length: IMAGES }, (_, i) => `${origin.url}/${from + i}`);
  const one = await run([urls(0)]);
  const many = await run(urls(IMAGES).map((url) => [url]));
  const empty = await run(Array.from({ length: IMAGES }, () => ['']));
  return {
    images: IMAGES,
    one_batch_seconds: one.images,
    batch_each: {
      of_one_batch: many.images / one.images,
      end_seconds: many.end,
      end_of_images: many.end / many.images,
    },
    empty_end_seconds: empty.slowest,
  };
}

type Seconds = { images: number; end: number; slowest: number };

/** Waits until all batches have ended. @returns seconds, for batches accepted since the last call */
async function untilEnded(db: Db): Promise<Seconds> {
  const running = async () => (await sql`select from batches where ended_at is null`.execute(db)).rows.length;
  while ((await running()) > 0) await sleep(50);
  const { rows } = await sql<Seconds>`
    select extract(epoch from max(i.last) - min(i.first))::float8 as images,
      extract(epoch from max(b.ended_at) - max(i.last))::float8 as end,
      extract(epoch from max(b.ended_at - b.created_at))::float8 as slowest
    from batches b
    left join (select batch_id, min(ended_at) as first, max(ended_at) as last from images group by batch_id) i using (batch_id)
    where b.name = 'bench'`.execute(db);
  await sql`update batches set name = 'measured'`.execute(db);
  return rows[0] ?? { images: 0, end: 0, slowest: 0 };
}

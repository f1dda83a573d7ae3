import { join } from 'node:path';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../src/db/database.ts';
import { holdEmbeddedServer } from '../src/db/embedded.ts';
import { newFolder } from '../test/support/folder.ts';
import { type Batch, json, startMinilab, untilEnded, upload } from '../test/support/minilab.ts';
import type { Lengths } from './lengths.ts';
import { makePhotographs, ofCatalogue } from './photographs.ts';
import { QUALITY, SIDE } from './rendition.ts';
import { median, settingsOf, startOrigin } from './rig.ts';
import { alone } from './sharp-alone.ts';

const IMAGES = 432;
const DEADLINE_MS = 300_000;

type OneBatch = {
  images: number;
  /** from the start of the POST to the end of the batch */
  seconds: number;
  images_per_second: number;
  ratio_to_ceiling: number;
  ratio_min: number;
  ratio_max: number;
  pairs: number;
};

/**
 * One batch on a server that has nothing else to do, from its POST to its end, compared with sharp alone on local files
 * for as long. Minilab makes the same JPEG of each photograph; every URL is a new one.
 */
export async function oneBatch({ pairs, seconds: each }: Lengths): Promise<OneBatch> {
  await using folder = await newFolder();
  const sources = ofCatalogue(await makePhotographs(join(folder.path, 'photographs')));
  const origin = await startOrigin(sources);
  const server = await holdEmbeddedServer(folder.path, 'bench');
  const settings = settingsOf(folder.path, await server.database('bench'));
  const { db } = openDatabase(settings.DATABASE_URL, 1);
  await using minilab = await startMinilab('serve', settings);
  const times: number[] = [];
  const ratios: number[] = [];
  try {
    await addPreset(minilab.url);
    const post = (count: number, marker: string): Promise<number> => {
      const rows = Array.from({ length: count }, (_, i) => `${i + 1},P,${origin.url}/${i}?${marker}\n`);
      return secondsOf(minilab.url, db, rows);
    };
    await post(sources.length, 'warm');
    for (let pair = 1; pair <= pairs; pair += 1) {
      const makes = [{ side: SIDE, quality: QUALITY }];
      const { rate: ceiling } = await alone({ seconds: each, folder: folder.path, sources, makes });
      const seconds = await post(IMAGES, `pair=${pair}`);
      times.push(seconds);
      ratios.push(IMAGES / seconds / ceiling);
      process.stderr.write(
        `pair ${pair}: ${IMAGES} images in ${seconds.toFixed(1)} s, ${(IMAGES / seconds).toFixed(1)} of ${ceiling.toFixed(1)} images/s, ratio ${ratios.at(-1)?.toFixed(3)}\n`,
      );
    }
  } finally {
    await db.destroy();
    await minilab[Symbol.asyncDispose]();
    await server.close();
    origin.child.disconnect();
  }
  const seconds = median(times);
  return {
    ...{ images: IMAGES, seconds, images_per_second: IMAGES / seconds, ratio_to_ceiling: median(ratios) },
    ...{ ratio_min: Math.min(...ratios), ratio_max: Math.max(...ratios), pairs },
  };
}

async function addPreset(url: string): Promise<void> {
  const rendition = { name: 'main', width: SIDE, height: SIDE, quality: QUALITY };
  const response = await fetch(`${url}/v1/presets/bench`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ renditions: [rendition] }),
  });
  if (!response.ok) throw new Error(`PUT /v1/presets/bench was answered ${response.status}`);
}

async function secondsOf(url: string, db: Db, rows: string[]): Promise<number> {
  const startedAt = Date.now();
  const batch = await json<Batch>(
    upload(url, `S. No.,Product Name,Input Image Urls\n${rows.join('')}`, { preset: 'bench' }),
  );
  const { completed } = (await untilEnded(batch.links.self, DEADLINE_MS)).counts;
  if (completed !== rows.length) throw new Error(`only ${completed} of ${rows.length} images were completed`);
  const { rows: found } = await sql<{ ms: number }>`
    select (extract(epoch from ended_at) * 1000)::float8 as ms from batches order by created_at desc limit 1`.execute(
    db,
  );
  return ((found[0]?.ms ?? Number.NaN) - startedAt) / 1000;
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../src/db/database.ts';
import { holdEmbeddedServer } from '../src/db/embedded.ts';
import { residentMemory } from '../src/pipeline/memory.ts';
import { withDefaults } from '../src/presets/spec.ts';
import { newFolder } from '../test/support/folder.ts';
import { startMinilab } from '../test/support/minilab.ts';
import { smallPicture } from '../test/support/pictures.ts';
import type { Lengths } from './lengths.ts';
import { accept, counts, median, settingsOf, startOrigin } from './rig.ts';

/** The worker's resident memory without its decoders, sampled every second: medians of each quarter of the run. */
export type Memory = {
  images: number;
  completed: number;
  quarters_mb: number[];
  grown_mb: number;
  grown_share: number;
};

const PRESET = {
  name: 'bench',
  description: '',
  renditions: [withDefaults({ name: 'main', width: 400, height: 400 })],
};

/** Measures whether a worker's memory stays flat over many images. */
export async function memory({ images }: Lengths): Promise<Memory> {
  await using folder = await newFolder();
  const files = await Promise.all(
    [1, 2, 3].map(async (number) => {
      const path = join(folder.path, `${number}.jpg`);
      await writeFile(path, await smallPicture(number));
      return path;
    }),
  );
  const origin = await startOrigin(files);
  const server = await holdEmbeddedServer(folder.path, 'bench');
  const settings = settingsOf(folder.path, await server.database('bench'));
  const { db } = openDatabase(settings.DATABASE_URL, 2);
  try {
    const urls = Array.from({ length: images }, (_, i) => `${origin.url}/${i}\n`);
    const batch = await accept(settings, `Image\n${urls.join('')}`, PRESET);
    await using worker = await startMinilab('worker', settings);
    const samples: number[] = [];
    let ended = { completed: 0, failed: 0 };
    while (ended.completed + ended.failed < images) {
      samples.push((residentMemory(worker.child.pid ?? 0) ?? Number.NaN) / 1e6);
      await sleep(1_000);
      ended = await counts(db, batch.batchId);
    }
    const quarter = Math.floor(samples.length / 4);
    const quarters = [0, 1, 2, 3].map((i) => median(samples.slice(i * quarter, (i + 1) * quarter)));
    const [, second = Number.NaN, , last = Number.NaN] = quarters;
    return {
      images,
      completed: ended.completed,
      quarters_mb: quarters.map((mb) => Math.round(mb)),
      grown_mb: last - second,
      grown_share: last / second - 1,
    };
  } finally {
    await db.destroy();
    await server.close();
    origin.child.disconnect();
  }
}

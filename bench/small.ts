/** How soon little work is done: a batch of ten images on an idle server, and the start of `minilab process`. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { newFolder } from '../test/support/folder.ts';
import type { Lengths } from './lengths.ts';
import { makePhotographs } from './photographs.ts';
import { type BatchRounds, type Idle, measureBatches } from './small-batches.ts';
import { type ProcessRun, measureProcess } from './small-process.ts';

export type Small = {
  /** what a server with a worker does while there is no work */
  idle: Idle;
  /** ten pictures of 300 px, ten photographs of 1600 px */
  small_pictures: BatchRounds;
  photographs: BatchRounds;
  /** the pictures of the demo */
  process: { first: ProcessRun; second: ProcessRun; to_first_image_ms: Record<'median' | 'max', number> };
};

const SMALL_PX = 300;

export async function small({ batches: rounds }: Lengths): Promise<Small> {
  await using folder = await newFolder();
  const tiny = join(folder.path, 'small.jpg');
  const noise = { type: 'gaussian', mean: 128, sigma: 30 } as const;
  await sharp({ create: { width: SMALL_PX, height: SMALL_PX, channels: 3, background: 'teal', noise } })
    .jpeg()
    .toFile(tiny);
  const photographs = (await makePhotographs(join(folder.path, 'photographs'))).filter((path) =>
    path.endsWith('-1600.jpg'),
  );
  const measured = await measureBatches(join(folder.path, 'served'), {
    rounds,
    cores: availableParallelism(),
    files: { small_pictures: [tiny], photographs },
  });
  const process = await measureProcess(join(folder.path, 'process'), Math.max(2, Math.ceil(rounds / 4)));
  return { ...measured, process };
}

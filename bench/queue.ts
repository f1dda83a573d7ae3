import { holdEmbeddedServer } from '../src/db/embedded.ts';
import { newFolder } from '../test/support/folder.ts';
import { type Cost, type Pace, run } from './queue-run.ts';

export type Queue = {
  /** no image takes any time: how many the database can take */
  no_wait: { one_batch: ByWorkers; twenty_batches: ByWorkers };
  /** each image takes 300 ms: the rate of four workers is a ratio to four times that of one */
  wait: { one: Cost; four: Cost; scaling: number };
  /** one worker at the rate of decoders on 2 cores, so that groups of results are small */
  real_rate: { one_batch: Cost; twenty_batches: Cost };
};

type ByWorkers = { one: Cost; two: Cost; four: Cost };

const SECONDS = 10;
const IMAGES = 60_000; // more than any run takes
const NO_WAIT: Pace = { waitMs: 0, atOnce: 1_000 };
const WAIT: Pace = { waitMs: 300, atOnce: 1_000 };
const DECODERS: Pace = { waitMs: 1000 / 24, atOnce: 2 };

/** What the queue and the record of an image cost. Workers are real, but their pipelines make no pictures. */
export async function queue(): Promise<Queue> {
  await using folder = await newFolder();
  const server = await holdEmbeddedServer(folder.path, 'bench');
  const measure = (workers: number, batches: number, pace: Pace): Promise<Cost> =>
    run(server, folder.path, { workers, batches, pace, images: IMAGES, seconds: SECONDS });
  const byWorkers = async (batches: number): Promise<ByWorkers> => ({
    one: await measure(1, batches, NO_WAIT),
    two: await measure(2, batches, NO_WAIT),
    four: await measure(4, batches, NO_WAIT),
  });
  try {
    const noWait = { one_batch: await byWorkers(1), twenty_batches: await byWorkers(20) };
    const one = await measure(1, 1, WAIT);
    const four = await measure(4, 1, WAIT);
    return {
      no_wait: noWait,
      wait: { one, four, scaling: four.images_per_second / (4 * one.images_per_second) },
      real_rate: {
        one_batch: await measure(1, 1, DECODERS),
        twenty_batches: await measure(1, 20, DECODERS),
      },
    };
  } finally {
    await server.close();
  }
}

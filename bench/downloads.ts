/** What an image costs the process of a worker, where all is real but the photographs are small and the decoders slow. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { holdEmbeddedServer } from '../src/db/embedded.ts';
import { newFolder } from '../test/support/folder.ts';
import { type Cost, type Pace, run } from './queue-run.ts';
import { startOrigin } from './rig.ts';

// Photographs of 1600, 2000, 2400, 3000, 4000 and 5000 px have such sizes (photographs.ts).
const SIZES = [400_000, 600_000, 850_000, 1_250_000, 2_000_000, 2_900_000];
const IMAGES = 20_000;
const DECODERS: Pace = { waitMs: 125, atOnce: 3, downloads: true }; // 24 images/s, as on 2 cores

/** One worker, at the rate of decoders that make one rendition of a photograph on 2 cores. */
export async function downloads({ seconds }: { seconds: number }): Promise<Cost> {
  await using folder = await newFolder();
  const origin = await startOrigin(await makeFiles(folder.path));
  const server = await holdEmbeddedServer(folder.path, 'bench');
  try {
    return await run(server, folder.path, {
      workers: 1,
      batches: 1,
      pace: DECODERS,
      images: IMAGES,
      seconds,
      origin: origin.url,
    });
  } finally {
    await server.close();
    origin.child.disconnect();
  }
}

/** Small JPEGs as long as photographs: decoders ignore bytes after their end, so hardly any CPU decodes. */
async function makeFiles(folder: string): Promise<string[]> {
  const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#345' } })
    .jpeg()
    .toBuffer();
  return Promise.all(
    SIZES.map(async (bytes, i) => {
      const path = join(folder, `padded-${i}.jpg`);
      await writeFile(path, Buffer.concat([picture, Buffer.alloc(bytes - picture.length, 1)]));
      return path;
    }),
  );
}

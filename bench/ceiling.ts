// Measures the ceiling of a benchmark: sharp alone, on local files, one call per core at a time, for a given
// number of seconds. It is a process of its own, like Minilab's decoders.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { SIDE, QUALITY } from './rendition.ts';

const [secondsText, folder = '', ...files] = process.argv.slice(2);
sharp.concurrency(1);
sharp.cache(false);
const deadline = performance.now() + 1000 * Number(secondsText);
let next = 0;
let done = 0;
const startedAt = performance.now();
await Promise.all(
  Array.from({ length: availableParallelism() }, async (_, i) => {
    while (performance.now() < deadline) {
      const file = files[next % files.length] ?? '';
      next += 1;
      await sharp(file)
        .autoOrient()
        .resize(SIDE, SIDE, { fit: 'inside', withoutEnlargement: true })
        .jpeg({ quality: QUALITY })
        .toFile(join(folder, `ceiling-${i}.jpg`));
      done += 1;
    }
  }),
);
process.stdout.write(JSON.stringify({ imagesPerSecond: (1000 * done) / (performance.now() - startedAt) }));

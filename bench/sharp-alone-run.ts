// Sharp alone, without Minilab, in a process of its own like Minilab's decoders: a call for each file to make, one
// per core at a time. A source with a URL is downloaded again for each file, as image proxies are asked. The argument
// is an `Alone` as JSON; it prints an `AloneResult`.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { request } from 'undici';
import type { Alone, AloneResult } from './sharp-alone.ts';

const { seconds, folder, sources, makes } = JSON.parse(process.argv[2] ?? '{}') as Alone;
sharp.concurrency(1);
sharp.cache(false);

async function inputOf(source: string): Promise<string | ArrayBuffer> {
  if (!source.startsWith('http')) return source;
  const { statusCode, body } = await request(source);
  if (statusCode !== 200) throw new Error(`the answer was ${statusCode}`);
  return body.arrayBuffer();
}

const startedAt = performance.now();
const deadline = startedAt + 1000 * seconds;
let [next, done] = [0, 0];
async function work(core: number): Promise<void> {
  while (performance.now() < deadline) {
    const source = sources[next % sources.length] ?? '';
    next += 1;
    for (const { side, quality } of makes)
      await sharp(await inputOf(source))
        .autoOrient()
        .resize(side, side, { fit: 'inside', withoutEnlargement: true })
        .jpeg({ quality })
        .toFile(join(folder, `alone-${core}-${side}.jpg`));
    done += 1;
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, (_, core) => work(core)));
const { user, system } = process.cpuUsage();
const rate = (1000 * done) / (performance.now() - startedAt);
process.stdout.write(JSON.stringify({ rate, cpuMs: (user + system) / 1000 / done } satisfies AloneResult));
process.exit(); // connections to the host are kept open

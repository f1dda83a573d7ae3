import { join } from 'node:path';
import { allowLoadersOnly } from '../src/pipeline/decoder/libraries.ts';
import { decode, type Pixels } from '../src/pipeline/decoder/decode.ts';
import { makeRenditions } from '../src/pipeline/decoder/make.ts';
import { headerOf } from '../src/pipeline/decoder/measure/header.ts';
import { measure } from '../src/pipeline/decoder/measure/measure.ts';
import { freeMemory } from '../src/free-memory.ts';
import type { Plan } from '../src/pipeline/decoder-protocol.ts';
import { withDefaults } from '../src/presets/spec.ts';
import { newFolder } from '../test/support/folder.ts';
import type { Lengths } from './lengths.ts';
import { makePhotographs } from './photographs.ts';
import { median, planOf } from './rig.ts';

/** CPU times of measuring, as shares of others: of decoding to at most 1600 px, and of making one JPEG of 1600 px. */
type OfSize = {
  source_px: string;
  decode_ms: number;
  measure_ms: number;
  of_decode: number;
  of_image: number;
};

const SIDES = ['1600', '2000', '2400', '3000', '4000', '5000'];
const SIDE = 1600;

/** Measures photographs right after each was decoded, as a decoder does. Medians of rounds over all photographs. */
export async function measures({
  rounds: count,
}: Lengths): Promise<{ of_decode: number; of_image: number; sizes: OfSize[] }> {
  allowLoadersOnly();
  await using folder = await newFolder();
  const photographs = await makePhotographs(join(folder.path, 'photographs'));
  const spec = withDefaults({ name: 'full', width: SIDE, height: SIDE });
  const sizes: OfSize[] = [];
  for (const source_px of SIDES) {
    const paths = photographs.filter((path) => path.endsWith(`-${source_px}.jpg`));
    const plans = await Promise.all(paths.map((path) => planOf(path, [spec])));
    await round(plans); // warms up
    const rounds: Times[] = [];
    for (let i = 0; i < count; i += 1) rounds.push(await round(plans));
    const [decode_ms, measure_ms, image_ms] = (['decode', 'measure', 'image'] as const).map(
      (step) => median(rounds.map((times) => times[step])) / plans.length / 1000,
    ) as [number, number, number];
    const ratios = { of_decode: measure_ms / decode_ms, of_image: measure_ms / image_ms };
    sizes.push({ source_px, decode_ms, measure_ms, ...ratios });
    process.stderr.write(
      `${source_px} px: decoding ${decode_ms.toFixed(1)} ms, measuring ${measure_ms.toFixed(2)} ms, ` +
        `${(ratios.of_decode * 100).toFixed(1)} % of it, ${(ratios.of_image * 100).toFixed(1)} % of an image\n`,
    );
  }
  const sum = (field: 'decode_ms' | 'measure_ms'): number =>
    sizes.reduce((total, each) => total + each[field], 0);
  const images = sizes.reduce((total, { measure_ms, of_image }) => total + measure_ms / of_image, 0);
  return { of_decode: sum('measure_ms') / sum('decode_ms'), of_image: sum('measure_ms') / images, sizes };
}

/** In microseconds. */
type Times = { decode: number; measure: number; image: number };

async function round(plans: Plan[]): Promise<Times> {
  const times = { decode: 0, measure: 0, image: 0 };
  const timed = async <T>(step: keyof Times, work: () => Promise<T>): Promise<T> => {
    const before = process.cpuUsage();
    const result = await work();
    const { user, system } = process.cpuUsage(before);
    times[step] += user + system;
    return result;
  };
  for (const plan of plans) {
    const pixels: Pixels = await timed('decode', () => decode(plan, { trim: false }));
    await timed('measure', async () => measure(pixels, await headerOf(plan, undefined, pixels)));
    freeMemory(pixels.data);
    await timed('image', () => makeRenditions(plan));
  }
  return times;
}

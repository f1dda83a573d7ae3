import { mkdir, readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { ssim } from 'ssim.js';
import { createDecoderPool, type DecoderPool } from '../src/pipeline/decoder-pool.ts';
import { geometryOf } from '../src/pipeline/decoder/geometry.ts';
import type { Plan } from '../src/pipeline/decoder-protocol.ts';
import { BUILTIN_PRESETS } from '../src/presets/builtin.ts';
import type { Preset } from '../src/presets/spec.ts';
import { newFolder } from '../test/support/folder.ts';
import { type Formats, formats } from './formats.ts';
import { type Lengths, WHOLE } from './lengths.ts';
import { makePhotographs } from './photographs.ts';
import { planOf } from './rig.ts';

/** `bytes_out` is the sum of all renditions. SSIM compares the first one with the source, shrunk without loss. */
type OfPreset = {
  preset: string;
  source_px: number;
  images_per_second: number;
  bytes_in: number;
  bytes_out: number;
  ssim: number;
};

const SOURCE_SIDES = [1600, 3000, 5000];
const MIN_IMAGES = 16;

/**
 * Measures each built-in preset by the size of the source: its rate, and the size and quality of its files. And each
 * output format against sharp's defaults: bytes at equal quality.
 */
export async function presets(
  lengths: Lengths,
): Promise<{ of_presets: Record<string, OfPreset>; formats: Formats }> {
  const isWhole = lengths.rounds >= WHOLE.rounds;
  const of = await builtin(isWhole ? BUILTIN_PRESETS : BUILTIN_PRESETS.slice(0, 1));
  const of_presets = Object.fromEntries(of.map((each) => [`${each.preset} ${each.source_px}`, each]));
  return { of_presets, formats: await formats({ isWhole }) };
}

async function builtin(presets: readonly Preset[]): Promise<OfPreset[]> {
  await using folder = await newFolder();
  const photographs = await makePhotographs(join(folder.path, 'photographs'));
  const pool = createDecoderPool(availableParallelism());
  const results: OfPreset[] = [];
  try {
    for (const preset of presets)
      for (const side of SOURCE_SIDES) {
        const sources = photographs.filter((path) => path.endsWith(`-${side}.jpg`));
        const result = await measure(pool, preset, { side, sources, folder: folder.path });
        results.push(result);
        process.stderr.write(
          `${preset.name.padEnd(12)} ${side} px: ${result.images_per_second.toFixed(1).padStart(6)} images/s, ` +
            `${Math.round(result.bytes_in / 1000)} kB in, ${Math.round(result.bytes_out / 1000)} kB out, SSIM ${result.ssim.toFixed(3)}\n`,
        );
      }
  } finally {
    await pool.stop();
  }
  return results;
}

async function measure(
  pool: DecoderPool,
  preset: Preset,
  { side, sources, folder }: { side: number; sources: string[]; folder: string },
): Promise<OfPreset> {
  const out = join(folder, `${preset.name}-${side}`);
  await mkdir(out);
  const plans = await Promise.all(
    sources.map((path, i) => planOf(path, preset.renditions, join(out, String(i)))),
  );
  const works = Array.from({ length: Math.ceil(MIN_IMAGES / plans.length) }, () => plans).flat();
  const signal = new AbortController().signal;
  await Promise.all(plans.slice(0, 2).map((plan) => pool.make(plan, signal))); // starts the children
  const startedAt = performance.now();
  const made = await Promise.all(works.map((plan) => pool.make(plan, signal)));
  const seconds = (performance.now() - startedAt) / 1000;
  const bytesOut = made.slice(0, plans.length).flatMap(({ files }) => files.map((file) => file.bytes));
  const similarities = await Promise.all(plans.map((plan) => similarityOf(plan)));
  const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / plans.length;
  return {
    preset: preset.name,
    source_px: side,
    images_per_second: works.length / seconds,
    bytes_in: mean(plans.map((plan) => plan.bytes)),
    bytes_out: mean(bytesOut),
    ssim: mean(similarities),
  };
}

/** SSIM (Wang et al., 2004) of the first rendition, at up to 800 px, without its padding. */
async function similarityOf(plan: Plan): Promise<number> {
  const { input, renditions } = plan;
  const [first] = renditions;
  if (!first) return Number.NaN;
  const { resized, padding } = geometryOf(plan, first);
  const shape = { width: 800, height: 800, fit: 'inside', withoutEnlargement: true } as const;
  const whole = await readFile(first.output);
  const region = { left: padding?.left ?? 0, top: padding?.top ?? 0, ...resized };
  const shown = padding ? await sharp(whole).extract(region).png().toBuffer() : whole;
  const ours = await sharp(shown).resize(shape).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height } = ours.info;
  const source = await sharp(input)
    .autoOrient()
    .resize(width, height, { fit: 'fill' })
    .ensureAlpha()
    .raw()
    .toBuffer();
  const picture = (data: Buffer) => ({ data: new Uint8ClampedArray(data), width, height });
  return ssim(picture(ours.data), picture(source)).mssim;
}

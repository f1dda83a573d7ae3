/** How many bytes an encoder needs for what sharp's defaults reach, and what CPU. */
import sharp, { type Sharp } from 'sharp';
import { encode } from '../src/pipeline/decoder/encode.ts';
import { type OutputFormat, withDefaults } from '../src/presets/spec.ts';
import { colourSimilarity, type Rgb } from './colour-similarity.ts';
import { TRADES } from './format-trades.ts';
import { originals } from './photographs.ts';
import { sum } from './rig.ts';

/** Ratios to sharp's defaults: bytes at the similarity that these reach, and CPU of encoding alone. */
type OfEncoder = { bytes: number; bytes_min: number; bytes_max: number; cpu: number };

type OfFormat = {
  quality: number;
  ssim: number;
  /** of sharp's defaults */
  bytes_each: number;
  cpu_ms_each: number;
  encoders: Record<string, OfEncoder>;
};

export type Formats = Record<string, OfFormat>;

/** Encodes a picture with a quality. */
export type Encoder = (picture: () => Sharp, quality: number) => Promise<Buffer>;

const SIDE = 1200;
const OURS = { jpeg: ['jpeg', 'mozjpeg'], webp: ['webp'], avif: ['avif'] } as const;
const QUALITY_STEP = 4;
const CPU_TRIES = 2; // of which the cheaper one counts

const FEW = 2;

/** @param isWhole of all photographs, and of settings that Minilab does not use too */
export async function formats({ isWhole }: { isWhole: boolean }): Promise<Formats> {
  sharp.concurrency(1); // as in a decoder
  sharp.cache(false);
  const photographs = (await originals()).slice(0, isWhole ? undefined : FEW);
  const pictures = await Promise.all(photographs.map(shrunk));
  const results: Formats = {};
  for (const format of ['jpeg', 'webp', 'avif'] as const) {
    const ours = OURS[format].map((name) => [`minilab ${name}`, minilab(name)] as const);
    const others = isWhole ? Object.entries(TRADES[format]) : [];
    results[format] = await ofFormat(format, pictures, [...ours, ...others]);
  }
  return results;
}

function minilab(format: OutputFormat): Encoder {
  return async (picture, quality) => {
    const spec = withDefaults({ name: 'bench', format, quality });
    return (await encode(picture, spec, undefined)).data;
  };
}

async function shrunk(path: string): Promise<Rgb> {
  const image = sharp(path).autoOrient().resize(SIDE, SIDE, { fit: 'inside' }).removeAlpha();
  const { data, info } = await image.raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

async function ofFormat(
  format: 'jpeg' | 'webp' | 'avif',
  pictures: Rgb[],
  encoders: (readonly [string, Encoder])[],
): Promise<OfFormat> {
  const nominal = withDefaults({ name: 'bench', format }).quality ?? 80;
  const standard: Encoder = (picture, wanted) => picture().toFormat(format, { quality: wanted }).toBuffer();
  const targets: Tried[] = [];
  for (const picture of pictures) targets.push(await tried(standard, picture, nominal));
  const results: Record<string, OfEncoder> = {};
  for (const [name, encoder] of encoders) {
    results[name] = await compared(encoder, pictures, { targets, nominal });
    const { bytes, cpu } = results[name];
    process.stderr.write(
      `${name.padEnd(28)} ${bytes.toFixed(3)} of the bytes, ${cpu.toFixed(2)} of the CPU\n`,
    );
  }
  const mean = (field: keyof Tried): number => sum(targets.map((each) => each[field])) / targets.length;
  return {
    ...{ quality: nominal, ssim: mean('ssim'), bytes_each: mean('bytes'), cpu_ms_each: mean('cpuMs') },
    encoders: results,
  };
}

type Tried = { bytes: number; ssim: number; cpuMs: number };

async function compared(
  encoder: Encoder,
  pictures: Rgb[],
  { targets, nominal }: { targets: Tried[]; nominal: number },
): Promise<OfEncoder> {
  const ratios: number[] = [];
  let [cpu, cpuOfTargets] = [0, 0];
  for (const [i, picture] of pictures.entries()) {
    const target = targets[i];
    if (!target) continue;
    const first = await tried(encoder, picture, nominal);
    cpu += first.cpuMs;
    cpuOfTargets += target.cpuMs;
    ratios.push((await bytesAt(target.ssim, first, { encoder, picture, nominal })) / target.bytes);
  }
  return {
    bytes: Math.exp(sum(ratios.map(Math.log)) / ratios.length),
    bytes_min: Math.min(...ratios),
    bytes_max: Math.max(...ratios),
    cpu: cpu / cpuOfTargets,
  };
}

/** The bytes at a similarity: between the two nearest qualities of a ladder, its logarithm goes in a line with SSIM. */
async function bytesAt(
  ssim: number,
  first: Tried,
  { encoder, picture, nominal }: { encoder: Encoder; picture: Rgb; nominal: number },
): Promise<number> {
  const step = first.ssim < ssim ? QUALITY_STEP : -QUALITY_STEP;
  let near = first;
  for (let quality = nominal + step; near.ssim !== ssim && quality > 0 && quality <= 100; quality += step) {
    const next = await tried(encoder, picture, quality);
    if (next.ssim < ssim !== first.ssim < ssim) return between(near, next, ssim);
    near = next;
  }
  return near.bytes;
}

function between(one: Tried, other: Tried, ssim: number): number {
  const share = (ssim - one.ssim) / (other.ssim - one.ssim);
  return one.bytes * (other.bytes / one.bytes) ** share;
}

async function tried(encoder: Encoder, { data, width, height }: Rgb, quality: number): Promise<Tried> {
  const picture = (): Sharp => sharp(data, { raw: { width, height, channels: 3 } });
  const cpus: number[] = [];
  let encoded = Buffer.alloc(0);
  while (cpus.length < CPU_TRIES) {
    const before = process.cpuUsage();
    encoded = Buffer.from(await encoder(picture, quality));
    const { user, system } = process.cpuUsage(before);
    cpus.push((user + system) / 1000);
  }
  const decoded = await sharp(encoded).removeAlpha().raw().toBuffer();
  const ssim = colourSimilarity({ data, width, height }, { data: decoded, width, height });
  return { bytes: encoded.length, ssim, cpuMs: Math.min(...cpus) };
}

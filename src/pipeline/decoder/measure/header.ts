import type { Metadata } from 'sharp';
import { isByAi } from '../credit.ts';
import type { Pixels } from '../decode.ts';
import { readMetadata } from '../metadata.ts';
import type { Plan } from '../../decoder-protocol.ts';
import type { Samples } from '../../measures.ts';

/** Of a source: its upright size, and what else its header says. */
export type Header = {
  width: number;
  height: number;
  jpegQuality: number | undefined;
  isByAi: boolean;
  isMoving: boolean;
  samples: Samples;
};

/** @param metadata if it was read anyway */
export async function headerOf(plan: Plan, metadata: Metadata | undefined, pixels: Pixels): Promise<Header> {
  const { format, jpegQuality, samples, width, height } = plan;
  const size = (await isTurned(plan, metadata, pixels))
    ? { width: height, height: width }
    : { width, height };
  const header = { ...size, jpegQuality, isByAi: metadata !== undefined && isByAi(metadata) };
  if (samples) return { ...header, samples, isMoving: false };
  const told = metadata ?? (await readMetadata(plan));
  const isMoving = MOVING_FORMATS.has(format) && (told.pages ?? 1) > 1;
  return { ...header, samples: samplesOf(told), isMoving };
}

const MOVING_FORMATS = new Set(['gif', 'webp', 'avif']); // the pages of a TIFF are no frames

function samplesOf({ space, depth }: Metadata): Samples {
  const colours = COLOURS.find(([spaces]) => spaces.has(space))?.[1] ?? 'other';
  return { colours, bits: BITS[depth] ?? 8 };
}

// Names of libvips.
const COLOURS: [spaces: Set<string>, colours: Samples['colours']][] = [
  [new Set(['srgb', 'rgb', 'rgb16', 'scrgb']), 'rgb'],
  [new Set(['b-w', 'grey16']), 'grey'],
  [new Set(['cmyk']), 'cmyk'],
];
const BITS: Record<string, number> = { ushort: 16, short: 16, uint: 32, int: 32, float: 32, double: 64 };

/** Whether orienting the picture exchanged its sides. Shapes tell it, except for those that are nearly square. */
async function isTurned(plan: Plan, metadata: Metadata | undefined, pixels: Pixels): Promise<boolean> {
  if (plan.width === plan.height) return false;
  if (pixels.width !== pixels.height) return plan.width > plan.height !== pixels.width > pixels.height;
  const { orientation = 1 } = metadata ?? (await readMetadata(plan));
  return orientation >= 5;
}

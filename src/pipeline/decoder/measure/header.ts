import type { Metadata } from 'sharp';
import { isByAi } from '../credit.ts';
import type { Pixels } from '../decode.ts';
import { readMetadata } from '../metadata.ts';
import type { Plan } from '../../decoder-protocol.ts';

/** Of a source: its upright size, and what else its header says. */
export type Header = { width: number; height: number; jpegQuality: number | undefined; isByAi: boolean };

/** @param metadata if it was read anyway */
export async function headerOf(plan: Plan, metadata: Metadata | undefined, pixels: Pixels): Promise<Header> {
  const { jpegQuality, width, height } = plan;
  const size = (await isTurned(plan, metadata, pixels))
    ? { width: height, height: width }
    : { width, height };
  return {
    ...size,
    jpegQuality,
    isByAi: metadata !== undefined && isByAi(metadata),
  };
}

/** Whether orienting the picture exchanged its sides. Shapes tell it, except for those that are nearly square. */
async function isTurned(plan: Plan, metadata: Metadata | undefined, pixels: Pixels): Promise<boolean> {
  if (plan.width === plan.height) return false;
  if (pixels.width !== pixels.height) return plan.width > plan.height !== pixels.width > pixels.height;
  const { orientation = 1 } = metadata ?? (await readMetadata(plan));
  return orientation >= 5;
}

/** The fit `object`: what it does to a picture, and why it cannot where it must not. */
import sharp, { type Sharp } from 'sharp';
import { objectSettings, type RenditionSpec } from '../../presets/spec.ts';
import { type Fix, type Unmet, UNMET_SENTENCES } from '../file-measures.ts';
import { freeMemory } from '../../free-memory.ts';
import { ImageProblem } from '../problems.ts';
import { backgroundOf } from './background.ts';
import type { Pixels } from './decode.ts';
import type { Found } from './measure/find-object.ts';
import {
  isSameSize,
  type ObjectBox,
  objectPlacement,
  type ObjectPlacement,
  type Placement,
  wholePlacement,
} from './object-geometry.ts';
import { SHARPEN_SIGMA } from './shape.ts';
import { whiten } from './whiten.ts';

/** `shape`: makes the picture anew for each try of encoding it, until its pixels are freed. */
export type Fitted = { shape: () => Sharp; fix: Fix; free: () => void };

/** @throws ImageProblem `cannot_meet_rule` */
export async function fitObject(pixels: Pixels, found: Found, rendition: RenditionSpec): Promise<Fitted> {
  const refusal = refusalOf(found);
  const placement =
    found.object && !refusal
      ? objectPlacement(pixels, found.object, objectBox(rendition))
      : { ...wholePlacement(pixels, rendition), missing: undefined };
  const background = backgroundOf(pixels, found.ring, rendition);
  const part = await partOf(pixels, placement, rendition);
  const isWhitened = background.isWhitened && whiten(part, Math.min(...found.ring.background));
  const unmet = [refusal, tooSmall(placement), background.unmet].filter((one) => one !== undefined);
  if (rendition.on_unmet === 'fail') refuse(unmet);
  const changes = changesOf(pixels, placement, isWhitened);
  const shape = (): Sharp => shaped(part, placement, rendition, background.padding);
  return { shape, fix: { changes, unmet }, free: () => freeMemory(part.data) };
}

/** The box that an object is to fill. @param rendition with the fit `object`: it has a width and a height */
export function objectBox({ width, height, ...rendition }: RenditionSpec): ObjectBox {
  const { fill, enlarge, min_width } = objectSettings(rendition);
  const [across, down] = [width ?? 1, height ?? 1];
  return { width: across, height: down, fill, enlarge, min_width: min_width ?? across };
}

function refusalOf({ ring, object, touches }: Found): Unmet | undefined {
  if (!ring.isPlain) return { rule: 'plain', measured: 'a scene', required: 'plain' };
  if (!object) return { rule: 'not_empty', measured: 'empty', required: 'an object' };
  if (touches.length > 0) return { rule: 'cut_off', measured: touches.join('/'), required: 'none' };
  return undefined;
}

function tooSmall({ missing }: ObjectPlacement): Unmet | undefined {
  return missing && { rule: 'min_sides', ...missing };
}

/** @throws ImageProblem `cannot_meet_rule` if there is anything */
function refuse(unmet: Unmet[]): void {
  const why = unmet.map(
    ({ rule, measured, required }) => `${UNMET_SENTENCES[rule]} ${rule}: ${measured}, required ${required}`,
  );
  if (why.length > 0) throw new ImageProblem('cannot_meet_rule', why.join('; '));
}

/** A copy of what is seen of the picture, in colours, and opaque unless the background is transparent. */
async function partOf(
  { data, ...raw }: Pixels,
  { window }: Placement,
  { background }: RenditionSpec,
): Promise<Pixels> {
  const image = sharp(data, { raw }).extract(window);
  if (background !== 'transparent') image.flatten({ background });
  const { data: part, info } = await image.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { data: part, width: info.width, height: info.height, channels: info.channels };
}

function changesOf(
  pixels: Pixels,
  { window, place, canvas }: Placement,
  isWhitened: boolean,
): Fix['changes'] {
  const changes: Fix['changes'] = [];
  if (!isSameSize(window, pixels)) changes.push('cut');
  if (!isSameSize(place, canvas)) changes.push('padded');
  // Where a window is cut in whole pixels, one may be missing.
  if (place.width > window.width + 1 || place.height > window.height + 1) changes.push('enlarged');
  if (isWhitened) changes.push('whitened');
  return changes;
}

function shaped(
  { data, ...raw }: Pixels,
  { place, canvas }: Placement,
  { sharpen }: RenditionSpec,
  padding: string | { r: number; g: number; b: number; alpha: number },
): Sharp {
  const image = sharp(data, { raw });
  const { left, top, width, height } = place;
  if (!isSameSize(raw, place)) image.resize({ width, height, fit: 'fill' });
  if (sharpen) image.sharpen({ sigma: SHARPEN_SIGMA });
  const [right, bottom] = [canvas.width - left - width, canvas.height - top - height];
  if (left + top + right + bottom > 0) image.extend({ left, right, top, bottom, background: padding });
  return image;
}

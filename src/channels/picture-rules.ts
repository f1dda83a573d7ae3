import type { FileFacts, PictureMeasures } from './facts.ts';
import { type Judged, met, NOT_APPLICABLE, UNKNOWN, unmet, within } from './judged.ts';
import { SOFT } from './required.ts';
import type { Rule, Sides } from './rule.ts';

/** Judges a file by its own facts. */
export type FileJudge = (file: FileFacts, rule: Rule) => Judged;

export const FILE_RULES = {
  min_sides: (file, rule) => within(sideOf(file, rule.of ?? 'both_sides', Math.min), rule),
  max_sides: (file, rule) => within(sideOf(file, rule.of ?? 'both_sides', Math.max), rule),
  max_pixels: ({ width, height }, rule) => within(width * height, rule),
  min_bytes: ({ bytes }, rule) => within(bytes, rule),
  max_bytes: ({ bytes }, rule) => within(bytes, rule),
  format: ({ format }, rule) => oneOf(format, rule),
  aspect,
  background_white: backgroundWhite,
  plain: ({ measures }) => expected(measures?.plain, true, ['plain', 'a scene']),
  fill: ({ measures }, rule) => within(measures?.fill ?? undefined, rule),
  cut_off: cutOff,
  not_empty: ({ measures }) => expected(measures?.empty, false, ['empty', 'an object']),
  not_transparent: ({ measures }) => expected(measures?.transparent, false, ['transparent', 'opaque']),
  jpeg_quality: ({ format, measures }, rule) =>
    format === 'jpeg' ? within(measures?.jpeg_quality ?? undefined, rule) : NOT_APPLICABLE,
  colour_space: colourSpace,
  not_moving: ({ measures }) => expected(measures?.moving, false, ['moving', 'still']),
  maybe_enlarged: maybeEnlarged,
} satisfies Record<string, FileJudge>;

/** Undefined where it is not known: without an object on a plain background, or which side is up. */
function sideOf(
  { width, height, isUpright, measures }: FileFacts,
  of: Sides,
  ofBoth: (a: number, b: number) => number,
): number | undefined {
  const object = measures?.object ?? undefined;
  switch (of) {
    case 'both_sides':
      return ofBoth(width, height);
    case 'longer_side':
      return Math.max(width, height);
    case 'width':
      return isUpright || width === height ? width : undefined;
    case 'height':
      return isUpright || width === height ? height : undefined;
    case 'object_both_sides':
      return object && ofBoth(object.width, object.height);
    case 'object_longer_side':
      return object && Math.max(object.width, object.height);
  }
}

function oneOf(measured: string | undefined, { one_of: allowed = [] }: Rule): Judged {
  if (measured === undefined) return UNKNOWN;
  return allowed.includes(measured) ? met(measured) : unmet(measured);
}

/** @param words for true and for false */
function expected(
  measured: boolean | undefined,
  wanted: boolean,
  [ifTrue, ifFalse]: [ifTrue: string, ifFalse: string],
): Judged {
  if (measured === undefined) return UNKNOWN;
  const told = measured ? ifTrue : ifFalse;
  return measured === wanted ? met(told) : unmet(told);
}

const WITHIN = 0.01;

function aspect(
  { width, height, isUpright }: FileFacts,
  { ratio = 1, within: share = WITHIN }: Rule,
): Judged {
  if (!isUpright && ratio !== 1 && width !== height) return UNKNOWN;
  const measured = width / height;
  const off = Math.abs(measured / ratio - 1);
  const told = Math.round(measured * 1000) / 1000;
  return off <= share + 1e-9 ? met(told) : unmet(told, off);
}

/** In every channel at least as light as the colour. Only the background of a plain picture is one. */
function backgroundWhite({ measures }: FileFacts, { colour = '#ffffff' }: Rule): Judged {
  if (measures?.plain === undefined || measures.background === undefined) return UNKNOWN;
  const { plain, background } = measures;
  if (!plain) return unmet('a scene', 256);
  if (background === colour) return met(background);
  const miss = Math.max(...channelsOf(colour).map((least, i) => least - (channelsOf(background)[i] ?? 0)));
  return miss <= 0 ? met(background) : unmet(background, miss);
}

function channelsOf(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

function cutOff({ measures }: FileFacts): Judged {
  if (!measures || !hasObject(measures)) return UNKNOWN;
  const { touches = [] } = measures;
  return touches.length === 0 ? met('none') : unmet(touches.join('/'), touches.length);
}

function hasObject({ object, touches }: Partial<PictureMeasures>): boolean {
  return object !== undefined && object !== null && touches !== undefined;
}

function colourSpace({ measures }: FileFacts, rule: Rule): Judged {
  const judged = oneOf(measures?.colours, rule);
  const { at_most: most } = rule;
  if (judged.result !== 'pass' || most === undefined) return judged;
  const { bits } = measures ?? {};
  if (bits === undefined) return UNKNOWN;
  return bits <= most ? judged : unmet(`${bits} bits`, bits - most, `${most} bits`);
}

/** Null where a large picture was shrunk while it was decoded: it cannot be judged, and `not_judged` says so. */
function maybeEnlarged({ measures }: FileFacts, { at_least: least = SOFT }: Rule): Judged {
  if (measures?.sharpness === null) return NOT_APPLICABLE;
  return within(measures?.sharpness, { at_least: least });
}

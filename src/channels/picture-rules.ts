import type { FileFacts, PictureMeasures } from './facts.ts';
import { type Judged, type Measured, met, NOT_APPLICABLE, unknown, unmet, within } from './judged.ts';
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
  const required = allowed.join('/');
  if (measured === undefined) return unknown(required);
  return allowed.includes(measured) ? met(measured, required) : unmet(measured, required);
}

/** @param words for true and for false */
function expected(
  measured: boolean | undefined,
  wanted: boolean,
  words: [ifTrue: string, ifFalse: string],
): Judged {
  const [ifTrue, ifFalse] = words;
  const required = wanted ? ifTrue : ifFalse;
  if (measured === undefined) return unknown(required);
  const told: Measured = measured ? ifTrue : ifFalse;
  return measured === wanted ? met(told, required) : unmet(told, required);
}

const WITHIN = 0.01;

function aspect(
  { width, height, isUpright }: FileFacts,
  { ratio = 1, within: share = WITHIN }: Rule,
): Judged {
  const required = Math.round(ratio * 1000) / 1000;
  if (!isUpright && ratio !== 1 && width !== height) return unknown(required);
  const measured = width / height;
  const off = Math.abs(measured / ratio - 1);
  const told = Math.round(measured * 1000) / 1000;
  return off <= share + 1e-9 ? met(told, required) : unmet(told, required, off);
}

/** In every channel at least as light as the colour. Only the background of a plain picture is one. */
function backgroundWhite({ measures }: FileFacts, { colour = '#ffffff' }: Rule): Judged {
  if (measures?.plain === undefined || measures.background === undefined) return unknown(colour);
  if (!measures.plain) return unmet('a scene', colour, 256);
  const miss = Math.max(
    ...channelsOf(colour).map((least, i) => least - (channelsOf(measures.background)[i] ?? 0)),
  );
  return miss <= 0 ? met(measures.background, colour) : unmet(measures.background, colour, miss);
}

function channelsOf(colour = '#000000'): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

function cutOff({ measures }: FileFacts): Judged {
  const required = 'none';
  if (!measures || !hasObject(measures)) return unknown(required);
  const { touches = [] } = measures;
  return touches.length === 0 ? met(required, required) : unmet(touches.join('/'), required, touches.length);
}

function hasObject({ object, touches }: Partial<PictureMeasures>): boolean {
  return object !== undefined && object !== null && touches !== undefined;
}

function colourSpace({ measures }: FileFacts, rule: Rule): Judged {
  const judged = oneOf(measures?.colours, rule);
  const { at_most: bits } = rule;
  if (judged.result !== 'pass' || bits === undefined) return judged;
  if (measures?.bits === undefined) return unknown(judged.required);
  return measures.bits <= bits
    ? judged
    : unmet(`${measures.bits} bits`, `${bits} bits`, measures.bits - bits);
}

/** Sharpness below which a picture looks enlarged. */
export const SOFT = 0.15; // photographs have 0.22 and more, those that were enlarged twofold 0.16 to 0.25

/** Null where a large picture was shrunk while it was decoded: it cannot be judged, and `not_judged` says so. */
function maybeEnlarged({ measures }: FileFacts, { at_least: least = SOFT }: Rule): Judged {
  if (measures?.sharpness === null) return NOT_APPLICABLE;
  return within(measures?.sharpness, { at_least: least });
}

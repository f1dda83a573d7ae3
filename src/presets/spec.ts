import { type Static, Type } from 'typebox';

/** The output formats. mozjpeg is JPEG by a slower encoder: 29 % fewer bytes for 3.6 times the CPU. */
export const OUTPUT_FORMATS = ['jpeg', 'mozjpeg', 'png', 'webp', 'avif'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

type FormatFacts = {
  /** as shown to users */
  name: string;
  extension: string;
  /** the default; undefined: lossless */
  quality: number | undefined;
  /** what `max_bytes` lowers; null: nothing, and `max_bytes` is refused */
  shrinksBy: 'quality' | 'palette' | null;
  hasAlpha: boolean;
  canBeAnimated: boolean;
};

export const FORMAT_FACTS: Record<OutputFormat, FormatFacts> = {
  jpeg: {
    name: 'jpeg',
    extension: 'jpg',
    quality: 80,
    shrinksBy: 'quality',
    hasAlpha: false,
    canBeAnimated: false,
  },
  mozjpeg: {
    name: 'jpeg',
    extension: 'jpg',
    quality: 80,
    shrinksBy: 'quality',
    hasAlpha: false,
    canBeAnimated: false,
  },
  png: {
    name: 'png',
    extension: 'png',
    quality: undefined,
    shrinksBy: 'palette',
    hasAlpha: true,
    canBeAnimated: false,
  },
  webp: {
    name: 'webp',
    extension: 'webp',
    quality: 80,
    shrinksBy: 'quality',
    hasAlpha: true,
    canBeAnimated: true,
  },
  avif: {
    name: 'avif',
    extension: 'avif',
    quality: 50,
    shrinksBy: 'quality',
    hasAlpha: true,
    canBeAnimated: false,
  },
};

export const MAX_OUTPUT_SIDE = 16_384;
/** Of the fit `object`: what it makes is read again, as a source. */
export const MAX_OBJECT_PIXELS = 100e6;

const Side = Type.Integer({ minimum: 1, maximum: MAX_OUTPUT_SIDE });
const flag = (description: string) => Type.Optional(Type.Boolean({ description, default: false }));

export const RENDITION_NAME = '^[a-z][a-z0-9-]{0,31}$';
export const BACKGROUND = '^(#[0-9a-f]{6}|transparent)$';

/** Where `cover` cuts: evenly on both sides, or around what libvips or the measured object says. */
const POSITIONS = ['centre', 'attention', 'entropy', 'object'] as const;
type Position = (typeof POSITIONS)[number];

/** A rendition spec as a user writes it: how to make one output file. Only `enlarge` enlarges an image. */
export const RenditionInput = Type.Object(
  {
    name: Type.String({
      pattern: RENDITION_NAME,
      description: 'Part of the file name: a small letter, then small letters, digits and hyphens',
    }),
    fit: Type.Optional(
      Type.Enum(['inside', 'cover', 'contain', 'object'], {
        description:
          'inside: the whole image within width and height. cover: width and height are filled, and the rest is cut off. contain: inside, and the background fills the rest up to exactly width and height. object: the product on its plain background is centred, and fills a share of width and height',
        default: 'inside',
      }),
    ),
    position: Type.Optional(
      Type.Enum([...POSITIONS], {
        description:
          'Around what cover cuts. attention: what draws the eye. entropy: where most detail is. object: what stands out from a plain background, else as attention',
        default: 'centre',
      }),
    ),
    fill: Type.Optional(
      Type.Number({
        minimum: 0.5,
        maximum: 1,
        description:
          'For object: the larger of its width / width and its height / height. 1 reaches the edge, and looks cut off',
        default: 0.9,
      }),
    ),
    enlarge: Type.Optional(
      Type.Number({
        minimum: 1,
        maximum: 2,
        description: 'For object: how many times it may be enlarged. 1: never',
        default: 1,
      }),
    ),
    min_width: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_OUTPUT_SIDE,
        description:
          'For object: where it has too few pixels, the file becomes smaller instead, down to this width, with the same ratio. Default: width',
      }),
    ),
    whiten: flag(
      'For object: make the nearly white background white: pixels of at least 245 in all channels that are connected to the edge',
    ),
    on_unmet: Type.Optional(
      Type.Enum(['keep', 'fail'], {
        description:
          'For object, where it cannot be done. keep: the best file, and `fix.unmet` tells why. fail: `cannot_meet_rule`',
        default: 'keep',
      }),
    ),
    width: Type.Optional(Side),
    height: Type.Optional(Side),
    format: Type.Optional(Type.Enum([...OUTPUT_FORMATS], { default: 'jpeg' })),
    quality: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        description: 'Default: 80, for AVIF 50. PNG is lossless and has none',
      }),
    ),
    background: Type.Optional(
      Type.String({
        pattern: BACKGROUND,
        description:
          'For contain and object, and for transparent parts when the format has no transparency: #rrggbb in small letters, or transparent',
        default: '#ffffff',
      }),
    ),
    max_bytes: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 1_000_000_000,
        description:
          'Uses the highest quality, up to `quality`, that stays within this size; a PNG gets a palette if it must',
      }),
    ),
    trim: flag('Cut off a border of one colour'),
    sharpen: flag('Sharpen a little, after shrinking'),
    animated: flag('Keep all frames of an animation; WebP only'),
    keep_credit: flag('Keep copyright and credit in the metadata; everything else is always removed'),
  },
  { additionalProperties: false, 'x-name': 'RenditionInput' },
);
export type RenditionInput = Static<typeof RenditionInput>;

/** A rendition with every default filled in. It is hashed into the set id: setIdOf in pipeline/plan.ts. */
export type RenditionSpec = {
  name: string;
  fit: 'inside' | 'cover' | 'contain' | 'object';
  /** null: follows from the height; both null: the size of the source */
  width: number | null;
  height: number | null;
  format: OutputFormat;
  /** null: lossless */
  quality: number | null;
  background: string;
  max_bytes: number | null;
  trim: boolean;
  sharpen: boolean;
  animated: boolean;
  keep_credit: boolean;
  /** of `cover`; undefined: the centre */
  position?: Position;
} & Partial<ObjectSettings>;

/** Of the fit `object`, and undefined for others: settings that a recipe does not use are no part of its hash. */
export type ObjectSettings = {
  fill: number;
  enlarge: number;
  /** null: the width */
  min_width: number | null;
  whiten: boolean;
  on_unmet: 'keep' | 'fail';
};

export const MAX_RENDITIONS = 20;

/** A preset as a user writes it: one or more files from each source, in this order. */
export const PresetInput = Type.Object(
  {
    description: Type.Optional(Type.String({ maxLength: 500 })),
    renditions: Type.Array(RenditionInput, { minItems: 1, maxItems: MAX_RENDITIONS }),
  },
  {
    additionalProperties: false,
    'x-name': 'PresetInput',
    examples: [
      {
        description: 'For our shop',
        renditions: [
          { name: 'web', width: 1600, height: 1600, format: 'webp', quality: 82 },
          { name: 'thumb', width: 320, height: 320, fit: 'cover' },
        ],
      },
    ],
  },
);
export type PresetInput = Static<typeof PresetInput>;

export type Preset = { name: string; description: string; renditions: RenditionSpec[] };

/** The rendition specs of an image, as they were when its batch was accepted. */
export type Recipe = { preset: string; renditions: RenditionSpec[] };

/** A rendition spec as a user writes it, or as an older version wrote it that did not know all settings. */
export type PartialSpec = Partial<RenditionSpec> & Pick<RenditionSpec, 'name'>;

/**
 * A rendition spec with all settings that this version knows, no others, in a fixed order, because it is
 * hashed. What a new setting does by default must be what was done before it existed, and it must be left out then.
 * @param input that check.ts has accepted
 */
export function withDefaults(input: PartialSpec): RenditionSpec {
  const { name, fit = 'inside', width = null, height = null, format = 'jpeg' } = input;
  const { quality = FORMAT_FACTS[format].quality ?? null, background = '#ffffff', max_bytes = null } = input;
  const { trim = false, sharpen = false, animated = false, keep_credit = false, position = 'centre' } = input;
  return {
    name,
    fit,
    width,
    height,
    format,
    quality,
    background,
    max_bytes,
    trim,
    sharpen,
    animated,
    keep_credit,
    ...(fit === 'cover' && position !== 'centre' && { position }),
    ...(fit === 'object' && objectSettings(input)),
  };
}

export function objectSettings(input: Partial<ObjectSettings>): ObjectSettings {
  const { fill = 0.9, enlarge = 1, min_width = null, whiten = false, on_unmet = 'keep' } = input;
  return { fill, enlarge, min_width, whiten, on_unmet };
}

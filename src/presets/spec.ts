import { type Static, Type } from 'typebox';

/** What files are made in. mozjpeg is JPEG by a slower encoder: 29 % fewer bytes for 3.6 times the CPU. */
export const OUTPUT_FORMATS = ['jpeg', 'mozjpeg', 'png', 'webp', 'avif'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

type FormatFacts = {
  /** as it is told of a file */
  name: string;
  extension: string;
  /** when none is given; undefined: lossless */
  quality: number | undefined;
  hasAlpha: boolean;
  canMove: boolean;
};

export const FORMAT_FACTS = {
  jpeg: { name: 'jpeg', extension: 'jpg', quality: 80, hasAlpha: false, canMove: false },
  mozjpeg: { name: 'jpeg', extension: 'jpg', quality: 80, hasAlpha: false, canMove: false },
  png: { name: 'png', extension: 'png', quality: undefined, hasAlpha: true, canMove: false },
  webp: { name: 'webp', extension: 'webp', quality: 80, hasAlpha: true, canMove: true },
  avif: { name: 'avif', extension: 'avif', quality: 50, hasAlpha: true, canMove: false },
} as const satisfies Record<OutputFormat, FormatFacts>;

export const MAX_OUTPUT_SIDE = 16_384;

const Side = Type.Integer({ minimum: 1, maximum: MAX_OUTPUT_SIDE });
const flag = (description: string) => Type.Optional(Type.Boolean({ description, default: false }));

export const RENDITION_NAME = '^[a-z][a-z0-9-]{0,31}$';
export const BACKGROUND = '^(#[0-9a-f]{6}|transparent)$';

/** How one output file is made from a source, as a user writes it. An image is never enlarged. */
export const RenditionInput = Type.Object(
  {
    name: Type.String({
      pattern: RENDITION_NAME,
      description: 'Part of the file name: a small letter, then small letters, digits and hyphens',
    }),
    fit: Type.Optional(
      Type.Enum(['inside', 'cover', 'contain'], {
        description:
          'inside: the whole image within width and height; cover: they are filled, and what hangs over is cut off; contain: inside, with the background around it up to exactly width and height',
        default: 'inside',
      }),
    ),
    width: Type.Optional(Side),
    height: Type.Optional(Side),
    format: Type.Optional(Type.Enum([...OUTPUT_FORMATS], { default: 'jpeg' })),
    quality: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100,
        description: '80 if left out, 50 for AVIF; PNG has none, it is lossless',
      }),
    ),
    background: Type.Optional(
      Type.String({
        pattern: BACKGROUND,
        description:
          'Of contain, and what transparent parts become when the format has no transparency: #rrggbb in small letters, or transparent',
        default: '#ffffff',
      }),
    ),
    max_bytes: Type.Optional(
      Type.Integer({
        minimum: 100,
        maximum: 1_000_000_000,
        description:
          'The highest quality up to `quality` is taken that stays within it; a PNG gets a palette when it must',
      }),
    ),
    trim: flag('Cut off a border of one colour'),
    sharpen: flag('Sharpen a little, after shrinking'),
    animated: flag('Keep all frames of an animation; WebP only'),
    keep_credit: flag('Keep copyright and credit in the metadata; everything else is always removed'),
  },
  { additionalProperties: false },
);
export type RenditionInput = Static<typeof RenditionInput>;

/** A rendition with every default filled in. It is hashed into the file's key: see setIdOf in pipeline/plan.ts. */
export type RenditionSpec = {
  name: string;
  fit: 'inside' | 'cover' | 'contain';
  /** null: as wide as the height allows; with both null, the size of the source */
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
};

export const MAX_RENDITIONS = 20;
export const PRESET_NAME = '^[a-z][a-z0-9-]{0,63}$';

/** A named recipe as a user writes it: one file or more from each source, in this order. */
export const PresetInput = Type.Object(
  {
    description: Type.Optional(Type.String({ maxLength: 500 })),
    renditions: Type.Array(RenditionInput, { minItems: 1, maxItems: MAX_RENDITIONS }),
  },
  { additionalProperties: false },
);
export type PresetInput = Static<typeof PresetInput>;

export type Preset = { name: string; description: string; renditions: RenditionSpec[] };

/** The rendition specs of an image, as they were when its batch was accepted. */
export type Recipe = { preset: string; renditions: RenditionSpec[] };

/** Of a rendition as a user writes it, or as a version wrote it that did not know all settings yet. */
export type PartialSpec = Partial<RenditionSpec> & Pick<RenditionSpec, 'name'>;

/**
 * A rendition with all settings that this version knows and no others, in one order. A setting that is
 * new must default to what was done before there was one.
 * @param input one that was checked: see check.ts
 */
export function withDefaults(input: PartialSpec): RenditionSpec {
  const { name, fit = 'inside', width = null, height = null, format = 'jpeg' } = input;
  const { quality = FORMAT_FACTS[format].quality ?? null, background = '#ffffff', max_bytes = null } = input;
  const { trim = false, sharpen = false, animated = false, keep_credit = false } = input;
  return {
    ...{ name, fit, width, height, format, quality, background, max_bytes },
    ...{ trim, sharpen, animated, keep_credit },
  };
}

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

/** Where `cover` cuts: evenly on both sides, or around what libvips or the measured object says. */
export const POSITIONS = ['centre', 'attention', 'entropy', 'object'] as const;
type Position = (typeof POSITIONS)[number];

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

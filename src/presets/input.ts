/** Presets as users write them: what is checked of them, and what the API's description says. */
import { type Static, Type } from 'typebox';
import { MAX_OUTPUT_SIDE, MAX_RENDITIONS, OUTPUT_FORMATS, POSITIONS } from './spec.ts';

const Side = Type.Integer({ minimum: 1, maximum: MAX_OUTPUT_SIDE });
const flag = (description: string) => Type.Optional(Type.Boolean({ description, default: false }));

export const RENDITION_NAME = '^[a-z][a-z0-9-]{0,31}$';
export const BACKGROUND = '^(#[0-9a-f]{6}|transparent)$';

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

import { type Static, Type } from 'typebox';

/** How one output file is made from a source. The object itself is hashed into the file's key. */
export const RenditionSpec = Type.Object({
  name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,31}$', description: 'Part of the file name' }),
  width: Type.Integer({ minimum: 1, maximum: 16_384, description: 'Pixels at the most' }),
  height: Type.Integer({ minimum: 1, maximum: 16_384, description: 'Pixels at the most' }),
  format: Type.Union([Type.Literal('jpeg')]),
  quality: Type.Integer({ minimum: 1, maximum: 100 }),
  background: Type.String({
    pattern: '^#[0-9a-f]{6}$',
    description: 'What transparent parts become when the format has no transparency',
  }),
});
export type RenditionSpec = Static<typeof RenditionSpec>;

/** A named recipe: one file or more from each source, in this order. */
export const Preset = Type.Object({
  name: Type.String({ pattern: '^[a-z][a-z0-9-]{0,63}$' }),
  description: Type.String(),
  renditions: Type.Array(RenditionSpec, { minItems: 1, maxItems: 20 }),
});
export type Preset = Static<typeof Preset>;

/** The rendition specs of an image, as they were when its batch was accepted. */
export type Recipe = { preset: string; renditions: RenditionSpec[] };

export const EXTENSIONS = { jpeg: 'jpg' } as const satisfies Record<RenditionSpec['format'], string>;

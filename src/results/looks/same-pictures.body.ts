import { type Static, Type } from 'typebox';
import { Nullable } from '../../http/nullable.ts';
import { LOOK_KINDS, type LookRow } from './look.queries.ts';

const Groups = Type.Integer();

export const SamePicture = Type.Object(
  {
    group: Type.Integer({ description: 'Its number until the next round of the batch has ended' }),
    kind: Type.Enum([...LOOK_KINDS], {
      description:
        'twice: one content in several slots of one product. shared: one content or look on several products. variants: shared by variants of one product. placeholder: marked, or suggested, as a sign for a missing picture',
    }),
    marked: Nullable(Type.Enum(['placeholder', 'allowed'])),
    marked_as: Nullable(
      Type.String({
        description: 'SHA-256 of the picture with this mark: this one, or one that looks the same',
      }),
    ),
    reason: Nullable(Type.String({ description: 'Why it is suggested as a placeholder' })),
    images: Type.Integer(),
    products: Type.Integer(),
    contents: Type.Integer({ description: 'How many different files look like this' }),
    distance: Type.Integer({
      description: 'Of the look that is furthest from the most frequent one, 0 to 31 of 256 bits',
    }),
    host: Nullable(Type.String({ description: 'Of all its URLs; null: they have several, or none' })),
    example: Type.Object({ slot: Type.Integer(), sha256: Type.String(), url: Type.String() }),
    skus: Type.Array(Type.String(), { maxItems: 5 }),
  },
  { 'x-name': 'SamePicture' },
);

export const SamePictures = Type.Object(
  {
    counts: Type.Object(
      { twice: Groups, shared: Groups, variants: Groups, placeholder: Groups },
      { description: 'All groups, whatever is asked for' },
    ),
    items: Type.Array(SamePicture),
    next_cursor: Type.Union([Type.String(), Type.Null()], {
      description: '`cursor` of the next page; null: this is the last one',
    }),
    pending: Type.Boolean({ description: 'The groups of the last round are not known yet' }),
  },
  { 'x-name': 'SamePictures' },
);

export function samePictureBody(row: LookRow): Static<typeof SamePicture> {
  const { look: group, example: slot, sha256, url, ...same } = row;
  return { group, ...same, example: { slot, sha256, url } };
}

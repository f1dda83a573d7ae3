import { type Static, Type } from 'typebox';
import { Nullable } from '../http/nullable.ts';
import { MARK_KINDS } from '../pipeline/marks.ts';
import type { MarkRow } from './mark.queries.ts';

const Kind = Type.Enum([...MARK_KINDS], {
  description:
    "placeholder: a supplier's sign for a missing picture; images that are or look like it fail from now on. allowed: never taken for one",
});

export const MarkInput = Type.Object(
  {
    kind: Kind,
    note: Type.Optional(Type.String({ maxLength: 500, description: 'For people' })),
  },
  {
    additionalProperties: false,
    'x-name': 'MarkInput',
    examples: [{ kind: 'placeholder', note: '"Coming soon" of supplier A' }],
  },
);

export const MarkedPicture = Type.Object(
  {
    sha256: Type.String({ description: 'Of the source, hexadecimal' }),
    kind: Kind,
    note: Type.String(),
    by_look: Type.Boolean({
      description:
        'Whether the mark also holds for pictures that look the same. false: the picture has no structure, or was not measured; only the same content counts',
    }),
    url: Nullable(Type.String({ description: 'A file that was made of it; null: there is none any more' })),
    created_at: Type.String({ format: 'date-time' }),
  },
  { 'x-name': 'MarkedPicture' },
);

export function markBody(row: MarkRow, filesUrl: string): Static<typeof MarkedPicture> {
  return {
    sha256: row.sha256,
    kind: row.kind,
    note: row.note,
    by_look: row.has_look,
    url: row.key === null ? null : `${filesUrl}/${row.key}`,
    created_at: row.created_at.toISOString(),
  };
}

import { type Static, Type } from 'typebox';
import { Nullable, NullableTime } from '../http/nullable.ts';
import { publicId } from '../ids.ts';
import { sentenceOf } from '../pipeline/problem-words.ts';
import { FixBody, fixBody } from './fix.ts';
import { PUBLIC_IMAGE_STATES } from './image.ts';
import type { ImageRow } from './image.queries.ts';

const Source = Type.Object(
  {
    width: Type.Integer(),
    height: Type.Integer(),
    bytes: Type.Integer(),
    format: Type.String(),
    sha256: Type.String(),
  },
  { 'x-name': 'Source', description: 'The downloaded image' },
);

const Rendition = Type.Object(
  {
    name: Type.String(),
    url: Type.String(),
    width: Type.Integer(),
    height: Type.Integer(),
    bytes: Type.Integer(),
    format: Type.String(),
    fix: Type.Optional(FixBody),
  },
  { 'x-name': 'Rendition' },
);

export const Image = Type.Object(
  {
    id: Type.String(),
    batch_id: Type.String(),
    slot: Type.Integer({ description: 'In the batch, from 1' }),
    row: Type.Integer({ description: 'Row of the CSV below its header, from 1' }),
    position: Type.Integer({ description: 'In the row, from 1' }),
    source_url: Type.String(),
    file: Nullable(
      Type.String({ description: 'The own name of a picture that was uploaded with the table' }),
    ),
    state: Type.Enum([...PUBLIC_IMAGE_STATES]),
    attempts: Type.Integer({ description: 'How many tries there were' }),
    next_attempt_at: NullableTime,
    ended_at: NullableTime,
    error_code: Nullable(Type.String()),
    error_detail: Nullable(Type.String()),
    source: Nullable(Source),
    is_placeholder: Type.Boolean({
      description:
        'Made although it is, or looks like, a picture that was marked as a placeholder (option placeholders=warn)',
    }),
    renditions: Type.Array(Rendition),
  },
  { 'x-name': 'Image' },
);

export function imageBody(row: ImageRow, filesUrl: string): Static<typeof Image> {
  return {
    id: publicId('img', row.image_id),
    batch_id: publicId('bat', row.batch_id),
    slot: row.slot,
    row: row.row_number,
    position: row.position,
    source_url: row.url,
    file: row.file,
    state: row.state,
    attempts: row.tries,
    next_attempt_at: row.due_at?.toISOString() ?? null,
    ended_at: row.ended_at?.toISOString() ?? null,
    error_code: row.error_code,
    error_detail: row.error_code === null ? null : (row.error_detail ?? sentenceOf(row.error_code, row.url)),
    source: row.source,
    is_placeholder: row.is_placeholder,
    renditions: row.renditions.map((rendition) => renditionBody(rendition, filesUrl)),
  };
}

function renditionBody({ key, fix, ...rendition }: ImageRow['renditions'][number], filesUrl: string) {
  const told = fixBody(fix);
  return { ...rendition, url: `${filesUrl}/${key}`, ...(told && { fix: told }) };
}

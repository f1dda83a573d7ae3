import { type Static, Type } from 'typebox';
import { Nullable, NullableTime } from '../http/nullable.ts';
import { publicId } from '../ids.ts';
import type { Activity } from './activity.queries.ts';
import type { ProgressRow } from './batch.queries.ts';
import { BATCH_STATES } from './batch.ts';

const Count = Type.Integer({ minimum: 0 });

const Counts = Type.Object(
  {
    total: Count,
    pending: Count,
    processing: Count,
    completed: Count,
    failed: Count,
    cancelled: Count,
  },
  { 'x-name': 'Counts', description: 'Images by state' },
);

/** The fields of a batch that change while it runs. */
export const ProgressFields = {
  counts: Counts,
  percent: Type.Number({ description: 'The share of images that have ended' }),
  images_per_second: Nullable(Type.Number()),
  eta_seconds: Nullable(Type.Integer()),
  bytes_in: Type.Integer({ description: 'Bytes of the sources' }),
  bytes_out: Type.Integer({ description: 'Bytes of the renditions' }),
  bytes_saved: Type.Integer({ minimum: 0, description: '`bytes_in` less `bytes_out`, never below 0' }),
  zip_bytes: Type.Integer({
    minimum: 0,
    description: 'About how large images.zip is now; files of images that repeat a URL are not counted',
  }),
  reused: Type.Integer({
    description:
      'Completed images that needed no new files: they were made before, or for another image of the batch with the same URL',
  }),
  errors_by_code: Type.Record(Type.String(), Count),
};

/** What only the status of one batch, and its stream of events, say. */
export const ActivityFields = {
  rates: Type.Array(Type.Number(), {
    description:
      'Images per second in each 3 s of the last 2 minutes, oldest first; empty when the batch has ended',
  }),
  held: Type.Array(
    Type.Object({
      host: Type.String(),
      until: Type.String({ format: 'date-time' }),
      images: Type.Integer({ description: 'Different images that wait for it; counted up to 10,000' }),
    }),
    { description: 'Hosts on hold that images of the batch wait for; the 20 with the most' },
  ),
};

const Progress = Type.Object({
  id: Type.String(),
  state: Type.Enum([...BATCH_STATES]),
  round: Type.Integer(),
  ...ProgressFields,
  started_at: NullableTime,
  ended_at: NullableTime,
  ...ActivityFields,
});

export type ProgressBody = Static<typeof Progress>;

export function progressBody(row: ProgressRow, activity: Activity): ProgressBody {
  return {
    id: publicId('bat', row.batch_id),
    state: row.state,
    round: row.round,
    ...progressFields(row),
    started_at: row.started_at?.toISOString() ?? null,
    ended_at: row.ended_at?.toISOString() ?? null,
    ...activity,
  };
}

type Fields = Omit<ProgressBody, 'id' | 'state' | 'round' | 'started_at' | 'ended_at' | keyof Activity>;

export function progressFields(row: ProgressRow): Fields {
  const { images: total, processing, completed, failed, cancelled, bytes_in, bytes_out } = row;
  const ended = completed + failed + cancelled;
  return {
    counts: { total, pending: total - ended - processing, processing, completed, failed, cancelled },
    percent: total === 0 ? 100 : Math.floor((1000 * ended) / total) / 10,
    ...speed(row, completed + failed), // cancelled images took no time
    bytes_in,
    bytes_out,
    bytes_saved: Math.max(0, bytes_in - bytes_out),
    zip_bytes: bytes_out + ZIP_BYTES_PER_IMAGE * completed,
    reused: row.reused,
    errors_by_code: row.errors_by_code,
  };
}

const ZIP_BYTES_PER_IMAGE = 500; // headers of two files, and their row in the CSV

/** The mean rate since the round began (the first round: since its first image was claimed), and the ETA at that rate. */
function speed(
  row: ProgressRow,
  ended: number,
): { images_per_second: number | null; eta_seconds: number | null } {
  const began = row.round === 1 ? row.started_at : row.began_at;
  const done = ended - row.ended_before;
  if (!began || done === 0) return { images_per_second: null, eta_seconds: row.ended_at ? 0 : null };
  const seconds = Math.max(0.001, (row.until.getTime() - began.getTime()) / 1000);
  const rate = done / seconds;
  return {
    images_per_second: Math.round(rate * 100) / 100,
    eta_seconds: row.ended_at ? 0 : Math.ceil((row.images - ended) / rate),
  };
}

import { type Static, Type } from 'typebox';
import { publicId } from '../ids.ts';
import { DELIVERY_STATES } from '../webhooks/events.ts';
import { BATCH_STATES } from './batch.ts';
import type { BatchRow } from './batch.queries.ts';

const NullableTime = Type.Union([Type.String({ format: 'date-time' }), Type.Null()]);
const Count = Type.Integer({ minimum: 0 });

/** The first ones. */
const Flaws = Type.Array(
  Type.Object({ line: Count, column: Type.Optional(Count), code: Type.String(), detail: Type.String() }),
);

export const Batch = Type.Object({
  id: Type.String(),
  name: Type.String(),
  state: Type.Enum([...BATCH_STATES]),
  preset: Type.String(),
  round: Type.Integer({ description: 'Raised by each retry of the batch' }),
  products: Count,
  counts: Type.Object({
    total: Count,
    pending: Count,
    processing: Count,
    completed: Count,
    failed: Count,
    cancelled: Count,
  }),
  percent: Type.Number({ description: 'Of all images, those that have ended' }),
  images_per_second: Type.Union([Type.Number(), Type.Null()]),
  eta_seconds: Type.Union([Type.Integer(), Type.Null()]),
  bytes_in: Type.Integer({ description: 'Bytes of the sources' }),
  bytes_out: Type.Integer({ description: 'Bytes of the renditions' }),
  reused: Type.Integer({
    description:
      'Completed images for which nothing was made: their files were there from before, or are those of another image of the batch with the same URL',
  }),
  errors_by_code: Type.Record(Type.String(), Count),
  warning_count: Count,
  warnings: Flaws,
  rejected_rows: Type.Integer({ minimum: 0, description: 'Rows with errors that on_invalid=skip left out' }),
  row_error_count: Count,
  row_errors: Flaws,
  deadline_hours: Type.Integer({ description: 'For how long images are tried again, in each round' }),
  created_at: Type.String({ format: 'date-time' }),
  started_at: NullableTime,
  ended_at: NullableTime,
  webhook: Type.Union([
    Type.Object({
      state: Type.Enum([...DELIVERY_STATES]),
      last_status: Type.Union([Type.Integer(), Type.Null()]),
      next_attempt_at: NullableTime,
      last_error: Type.Optional(
        Type.String({ description: 'Why the last attempt got no answer; left out where it got one' }),
      ),
    }),
    Type.Null(),
  ]),
  links: Type.Object({
    self: Type.String(),
    images: Type.String(),
    output_csv: Type.String(),
    failed_csv: Type.String(),
    manifest: Type.String(),
    images_zip: Type.String(),
    retry: Type.String({ description: 'POST' }),
    cancel: Type.String({ description: 'POST' }),
  }),
});

export function batchBody(row: BatchRow, publicUrl: string): Static<typeof Batch> {
  const { images: total, processing, completed, failed, cancelled } = row;
  const ended = completed + failed + cancelled;
  const self = `${publicUrl}/v1/batches/${publicId('bat', row.batch_id)}`;
  return {
    id: publicId('bat', row.batch_id),
    name: row.name,
    state: row.state,
    preset: row.preset,
    round: row.round,
    products: row.products,
    counts: { total, pending: total - ended - processing, processing, completed, failed, cancelled },
    percent: total === 0 ? 100 : Math.floor((1000 * ended) / total) / 10,
    ...speed(row, completed + failed), // what was cancelled took no time
    bytes_in: row.bytes_in,
    bytes_out: row.bytes_out,
    reused: row.reused,
    errors_by_code: row.errors_by_code,
    warning_count: row.warning_count,
    warnings: row.warnings,
    rejected_rows: row.rejected_rows,
    row_error_count: row.row_error_count,
    row_errors: row.row_errors,
    deadline_hours: row.deadline_hours,
    created_at: row.created_at.toISOString(),
    started_at: row.started_at?.toISOString() ?? null,
    ended_at: row.ended_at?.toISOString() ?? null,
    webhook: webhookOf(row),
    links: linksOf(self),
  };
}

/** What a body did not tell when answers were first kept, as it was then. */
const TOLD_LATER = { rejected_rows: 0, row_error_count: 0, row_errors: [], reused: 0, deadline_hours: 24 };

/** A body that this version or an older one kept as an answer (intake/idempotency.ts). */
export type StoredBody = Omit<Static<typeof Batch>, keyof typeof TOLD_LATER | 'links'> & {
  links: Pick<Static<typeof Batch>['links'], 'self'>;
};

/** A kept body with everything that a body tells today: its schema refuses one without. */
export function completedBody<T extends StoredBody>(stored: T): T & Static<typeof Batch> {
  return { ...TOLD_LATER, ...stored, links: { ...linksOf(stored.links.self), ...stored.links } };
}

function linksOf(self: string): Static<typeof Batch>['links'] {
  return {
    self,
    images: `${self}/images`,
    output_csv: `${self}/output.csv`,
    failed_csv: `${self}/failed.csv`,
    manifest: `${self}/manifest.ndjson`,
    images_zip: `${self}/images.zip`,
    retry: `${self}/retry`,
    cancel: `${self}/cancel`,
  };
}

/** Pending before there is an event too, so that a client knows that one comes; null where nobody wants it. */
function webhookOf({ delivery, ended_at, has_endpoint }: BatchRow): Static<typeof Batch>['webhook'] {
  if (delivery) {
    const { state, last_status, next_attempt_at: next, last_error } = delivery;
    return {
      ...{ state, last_status, next_attempt_at: next === null ? null : new Date(next).toISOString() },
      ...(last_error !== null && { last_error }),
    };
  }
  return ended_at === null && has_endpoint
    ? { state: 'pending', last_status: null, next_attempt_at: null }
    : null;
}

/** Of the present round: the mean over the time since it began, or its first image did; the rest at that rate. */
function speed(
  row: BatchRow,
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

import { type Static, Type } from 'typebox';
import { Nullable, NullableTime } from '../http/nullable.ts';
import { publicId } from '../ids.ts';
import { ON_PLACEHOLDER } from '../pipeline/marks.ts';
import { DELIVERY_STATES } from '../webhooks/events.ts';
import { BATCH_STATES } from './batch.ts';
import type { BatchRow } from './batch.queries.ts';
import { LatestImage } from './latest.ts';
import { ActivityFields, progressFields, ProgressFields } from './progress.body.ts';

const Count = Type.Integer({ minimum: 0 });

/** At most the first of them; the counts beside them are complete. */
export const Flaws = Type.Array(
  Type.Object(
    {
      line: Type.Integer({ minimum: 0, description: 'Line of the file, from 1' }),
      column: Type.Optional(Type.Integer({ minimum: 0, description: 'Column of the file, from 1' })),
      code: Type.String(),
      detail: Type.String(),
    },
    { 'x-name': 'Flaw' },
  ),
);

/** The state of the webhook that tells the end of the round. */
const LastDelivery = Type.Object(
  {
    state: Type.Enum([...DELIVERY_STATES]),
    last_status: Nullable(Type.Integer()),
    next_attempt_at: NullableTime,
    last_error: Type.Optional(
      Type.String({ description: 'Why the last attempt got no answer; left out when it got one' }),
    ),
  },
  { 'x-name': 'LastDelivery' },
);

const Links = Type.Object(
  {
    self: Type.String(),
    images: Type.String(),
    output_csv: Type.String(),
    failed_csv: Type.String(),
    manifest: Type.String(),
    images_zip: Type.String(),
    retry: Type.String({ description: 'POST' }),
    cancel: Type.String({ description: 'POST' }),
    deliveries: Type.String({ description: 'Deliveries of its webhooks' }),
  },
  { 'x-name': 'BatchLinks' },
);

export const Batch = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    state: Type.Enum([...BATCH_STATES]),
    preset: Type.String(),
    main_preset: Nullable(
      Type.String({ description: 'Of images at position 1; null: the same as of the others' }),
    ),
    apparel: Nullable(
      Type.Boolean({
        description: 'For checks: whether products that do not say their category are apparel; null: unknown',
      }),
    ),
    round: Type.Integer({ description: 'From 1; each retry of the batch begins the next one' }),
    retry_planned: Type.Boolean({
      description: 'Whether a retry with when_ended=true begins the next round when this one has ended',
    }),
    products: Count,
    ...ProgressFields,
    warning_count: Count,
    warnings: Flaws,
    rejected_rows: Type.Integer({
      minimum: 0,
      description: 'Rows with errors, left out because of on_invalid=skip',
    }),
    row_error_count: Count,
    row_errors: Flaws,
    deadline_hours: Type.Integer({ description: 'How long a round retries failed images' }),
    placeholders: Type.Enum([...ON_PLACEHOLDER], {
      description: 'Whether images that are marked placeholders fail, or are made and told',
    }),
    created_at: Type.String({ format: 'date-time' }),
    started_at: NullableTime,
    ended_at: NullableTime,
    webhook: Nullable(LastDelivery),
    links: Links,
    latest: Type.Optional(
      Type.Array(LatestImage, {
        description:
          'The images that were completed last, newest first; only in the list of batches, with `latest` in the query',
      }),
    ),
  },
  { 'x-name': 'Batch' },
);

export const BatchStatus = Type.Object(
  { ...Batch.properties, ...ActivityFields },
  { 'x-name': 'BatchStatus' },
);

export function batchBody(row: BatchRow, publicUrl: string): Static<typeof Batch> {
  const self = `${publicUrl}/v1/batches/${publicId('bat', row.batch_id)}`;
  return {
    id: publicId('bat', row.batch_id),
    name: row.name,
    state: row.state,
    preset: row.preset,
    main_preset: row.main_preset,
    apparel: row.apparel,
    round: row.round,
    retry_planned: row.retry_planned,
    products: row.products,
    ...progressFields(row),
    warning_count: row.warning_count,
    warnings: row.warnings,
    rejected_rows: row.rejected_rows,
    row_error_count: row.row_error_count,
    row_errors: row.row_errors,
    deadline_hours: row.deadline_hours,
    placeholders: row.placeholders,
    created_at: row.created_at.toISOString(),
    started_at: row.started_at?.toISOString() ?? null,
    ended_at: row.ended_at?.toISOString() ?? null,
    webhook: webhookOf(row),
    links: linksOf(self),
  };
}

/** Fields that stored answers of older versions do not have, with the values that were true then. */
const ADDED_FIELDS = {
  main_preset: null,
  apparel: null,
  retry_planned: false,
  rejected_rows: 0,
  row_error_count: 0,
  row_errors: [],
  reused: 0,
  deadline_hours: 24,
  placeholders: 'fail' as const,
  bytes_saved: 0,
  zip_bytes: 0,
};

/** A body that this version or an older one stored as an answer (intake/idempotency.ts). */
export type StoredBody = Omit<Static<typeof Batch>, keyof typeof ADDED_FIELDS | 'links'> & {
  links: Pick<Static<typeof Batch>['links'], 'self'>;
};

/** A stored body with every field of today: the schema of the response refuses a body without them. */
export function completedBody<T extends StoredBody>(stored: T): T & Static<typeof Batch> {
  return { ...ADDED_FIELDS, ...stored, links: { ...linksOf(stored.links.self), ...stored.links } };
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
    deliveries: self.replace('/v1/batches/', '/v1/deliveries?batch='),
  };
}

/** `pending` already before there is an event, so that a client knows to expect one; null without an endpoint. */
function webhookOf({ delivery, ended_at, has_endpoint }: BatchRow): Static<typeof Batch>['webhook'] {
  if (delivery) {
    const { state, last_status, next_attempt_at: next, last_error } = delivery;
    return {
      state,
      last_status,
      next_attempt_at: next === null ? null : new Date(next).toISOString(),
      ...(last_error !== null && { last_error }),
    };
  }
  return ended_at === null && has_endpoint
    ? { state: 'pending', last_status: null, next_attempt_at: null }
    : null;
}

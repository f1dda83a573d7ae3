import { type Static, Type } from 'typebox';
import { Nullable, NullableTime } from '../http/nullable.ts';
import { publicId } from '../ids.ts';
import type { AttemptRow, ListedDelivery } from './delivery.queries.ts';
import { DELIVERY_STATES } from './events.ts';

const Headers = Type.Record(Type.String(), Type.String());

export const Delivery = Type.Object(
  {
    id: Type.String(),
    endpoint_id: Type.String(),
    url: Type.String({ description: 'Of its endpoint, today; an attempt has that of then' }),
    event: Type.Object(
      {
        id: Type.String({ description: 'The webhook-id of every attempt' }),
        type: Type.String(),
        batch_id: Nullable(Type.String()),
        batch_name: Nullable(Type.String({ description: 'Null where the batch is not there any more' })),
      },
      { 'x-name': 'DeliveredEvent' },
    ),
    state: Type.Enum([...DELIVERY_STATES], {
      description: 'exhausted: given up after the last attempt, or because its endpoint was disabled',
    }),
    attempt_count: Type.Integer(),
    last_status: Nullable(Type.Integer({ description: 'HTTP status; null if there was no answer' })),
    last_error: Nullable(Type.String({ description: 'Why the last attempt got no answer' })),
    next_attempt_at: NullableTime,
    created_at: Type.String({ format: 'date-time' }),
    ended_at: NullableTime,
  },
  { 'x-name': 'Delivery' },
);

const Attempt = Type.Object(
  {
    attempt: Type.Integer({ description: 'From 1' }),
    at: Type.String({ format: 'date-time', description: 'When it was recorded' }),
    duration_ms: Type.Integer(),
    request: Type.Object({
      url: Nullable(Type.String({ description: 'Null where an older version did not keep it' })),
      headers: Headers,
    }),
    status: Nullable(Type.Integer()),
    error: Nullable(Type.String({ description: 'Why there was no answer' })),
    response: Type.Object({
      headers: Type.Record(Type.String(), Type.String(), { description: 'The first 40' }),
      body: Type.String({ description: 'The first 16 KiB' }),
    }),
  },
  { 'x-name': 'Attempt' },
);

export const DeliveryDetail = Type.Object(
  {
    ...Delivery.properties,
    body: Type.String({ description: 'As it is sent, byte for byte, with every attempt' }),
    attempts: Type.Array(Attempt),
  },
  { 'x-name': 'DeliveryDetails' },
);

export function deliveryBody(row: ListedDelivery): Static<typeof Delivery> {
  return {
    id: publicId('dlv', row.delivery_id),
    endpoint_id: publicId('whe', row.endpoint_id),
    url: row.url,
    event: {
      id: publicId('evt', row.event_id),
      type: row.type,
      batch_id: row.batch_id && publicId('bat', row.batch_id),
      batch_name: row.batch_name,
    },
    state: row.state,
    attempt_count: row.attempts,
    last_status: row.last_status,
    last_error: row.last_error,
    next_attempt_at: row.next_attempt_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
    ended_at: row.ended_at?.toISOString() ?? null,
  };
}

export function deliveryDetail(
  row: ListedDelivery & { body: string },
  attempts: AttemptRow[],
): Static<typeof DeliveryDetail> {
  return { ...deliveryBody(row), body: row.body, attempts: attempts.map(attemptBody) };
}

function attemptBody(row: AttemptRow): Static<typeof Attempt> {
  const { attempt, at, duration_ms, url, headers, status, error, answer, answer_headers } = row;
  return {
    attempt,
    at: at.toISOString(),
    duration_ms,
    request: { url, headers: headers ?? {} },
    status,
    error,
    response: { headers: answer_headers ?? {}, body: answer },
  };
}

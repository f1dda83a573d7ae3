import { type Static, Type } from 'typebox';
import type { EventDocument } from '../http/document/events.ts';
import { Nullable } from '../http/nullable.ts';
import { EVENT_TYPES, type EventType } from '../webhooks/event-types.ts';
import { Batch } from './batch.body.ts';

const { id, name, state, round, products, counts, percent, bytes_in, bytes_out } = Batch.properties;
const { reused, errors_by_code, created_at, ended_at, links } = Batch.properties;

/** A batch in the body of an event: without images, warnings and rejected rows, which may be many. */
export const BatchSummary = Type.Object(
  {
    id,
    name,
    state,
    round,
    products,
    counts,
    percent,
    bytes_in,
    bytes_out,
    reused,
    errors_by_code,
    created_at,
    ended_at,
    links,
  },
  { 'x-name': 'BatchSummary' },
);
export type BatchSummary = Static<typeof BatchSummary>;

const OfBatch = Type.Object({ batch: BatchSummary });

const Endpoint = { id: Type.String(), kind: Type.String(), host: Type.String() };

const OfDelivery = Type.Object({
  delivery: Type.Object({
    id: Type.String(),
    event: Type.Object({ id: Type.String(), type: Type.Enum([...EVENT_TYPES]) }),
    batch_id: Nullable(Type.String()),
    endpoint: Type.Object(Endpoint),
    attempt_count: Type.Integer(),
    last_status: Nullable(Type.Integer()),
    last_error: Nullable(Type.String()),
  }),
});

const OfEndpoint = Type.Object({
  endpoint: Type.Object({
    ...Endpoint,
    description: Type.String(),
    disabled_at: Type.String({ format: 'date-time' }),
    disabled_because: Type.String(),
  }),
});

/** What the OpenAPI document says of each type of event: the compiler asks for all. */
export const EVENT_DOCUMENTS: Readonly<Record<EventType, EventDocument>> = {
  'batch.started': { summary: 'The first image of a round is being processed', data: OfBatch },
  'batch.progress': { summary: 'Another tenth of the images of a round has ended', data: OfBatch },
  'batch.completed': { summary: 'All images of a batch are completed', data: OfBatch },
  'batch.completed_with_errors': {
    summary: 'A batch has ended, and some of its rows or images failed',
    data: OfBatch,
  },
  'batch.failed': { summary: 'A batch has ended, and none of its images is completed', data: OfBatch },
  'batch.cancelled': { summary: 'A batch was cancelled', data: OfBatch },
  'webhook.delivery_exhausted': { summary: 'A delivery to another endpoint is given up', data: OfDelivery },
  'webhook.endpoint_disabled': { summary: 'Another endpoint is disabled', data: OfEndpoint },
  'webhook.test': {
    summary: 'A test, sent on request to one endpoint',
    data: Type.Object({ endpoint: Type.Object({ id: Type.String(), description: Type.String() }) }),
  },
};

import { type Static, Type } from 'typebox';
import type { EventDocument } from '../http/document/events.ts';
import { WEBHOOK_EVENT_DOCUMENTS } from '../webhooks/event-documents.ts';
import type { EventType } from '../webhooks/event-types.ts';
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
  {
    'x-name': 'BatchSummary',
    description:
      'Events are sent as they were written: those that an earlier version wrote lack the fields that were added since',
  },
);
export type BatchSummary = Static<typeof BatchSummary>;

const OfBatch = Type.Object({ batch: BatchSummary });

/** What the OpenAPI document says of each type of event: the compiler asks for all. */
export const EVENT_DOCUMENTS: Readonly<Record<EventType, EventDocument>> = {
  ...WEBHOOK_EVENT_DOCUMENTS,
  'batch.started': {
    summary: 'A round of a batch has begun: its first image is in work, or a retry began it',
    data: OfBatch,
  },
  'batch.progress': { summary: 'Another tenth of the images of a batch has ended', data: OfBatch },
  'batch.completed': { summary: 'All images of a batch are completed', data: OfBatch },
  'batch.completed_with_errors': {
    summary: 'A batch has ended, and some of its rows or images failed',
    data: OfBatch,
  },
  'batch.failed': { summary: 'A batch has ended, and none of its images is completed', data: OfBatch },
  'batch.cancelled': { summary: 'A batch was cancelled', data: OfBatch },
};

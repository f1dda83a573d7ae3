import { Type } from 'typebox';
import type { EventDocument } from '../http/document/events.ts';
import { Nullable } from '../http/nullable.ts';
import { ENDPOINT_KINDS } from './endpoint.queries.ts';
import { type EventType, isReported, EVENT_TYPES } from './event-types.ts';

const Kind = Type.Enum([...ENDPOINT_KINDS]);

const Exhausted = Type.Object({
  delivery: Type.Object({
    id: Type.String(),
    event: Type.Object({
      id: Type.String(),
      type: Type.Enum(EVENT_TYPES.filter(isReported)),
    }),
    batch_id: Nullable(Type.String()),
    endpoint: Type.Object({ id: Type.String(), kind: Kind, host: Type.String() }),
    attempt_count: Type.Integer(),
    last_status: Nullable(Type.Integer()),
    last_error: Nullable(Type.String()),
  }),
});

const DisabledOne = Type.Object({
  endpoint: Type.Object({
    id: Type.String(),
    kind: Kind,
    host: Type.String(),
    description: Type.String(),
    disabled_at: Type.String({ format: 'date-time' }),
    disabled_because: Nullable(Type.String()),
  }),
});

const Tested = Type.Object({ endpoint: Type.Object({ id: Type.String(), description: Type.String() }) });

/** What the OpenAPI document says of events about webhooks. */
export const WEBHOOK_EVENT_DOCUMENTS = {
  'webhook.delivery_exhausted': { summary: 'A delivery to another endpoint was given up', data: Exhausted },
  'webhook.endpoint_disabled': {
    summary: 'Another endpoint was disabled, because it answered 410 or failed for five days',
    data: DisabledOne,
  },
  'webhook.test': { summary: 'A test that somebody asked for', data: Tested },
} satisfies Record<Extract<EventType, `webhook.${string}`>, EventDocument>;

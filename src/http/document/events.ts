import { type TSchema, Type } from 'typebox';
import { plainSchema, type JsonObject } from './names.ts';

/** What the document says of an event that webhooks tell. */
export type EventDocument = {
  summary: string;
  /** schema of `data` in its body */
  data: TSchema;
};

const header = (name: string, description: string, example: string): JsonObject => ({
  name,
  in: 'header',
  required: true,
  description,
  schema: { type: 'string' },
  example,
});

const HEADERS = [
  header('webhook-id', 'The id of the event, the same in every attempt', 'evt_01m82bbccpf6h8e921rhtf9jgk'),
  header('webhook-timestamp', 'Seconds since 1970, of this attempt', '1795375346'),
  header('webhook-signature', 'Signatures of this attempt, separated by spaces (Standard Webhooks)', 'v1,…'),
];

/** The `webhooks` of the document, by type of event. */
export function webhooksOf(events: Readonly<Record<string, EventDocument>>): JsonObject {
  return Object.fromEntries(
    Object.entries(events).map(([type, event]) => [type, { post: operationOf(type, event) }]),
  );
}

function operationOf(type: string, { summary, data }: EventDocument): JsonObject {
  const schema = Type.Object({
    type: Type.Literal(type),
    timestamp: Type.String({ format: 'date-time', description: 'Time of the event' }),
    data,
  });
  return {
    operationId: `on${type
      .split(/[._]/)
      .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
      .join('')}`,
    summary,
    tags: ['Events'],
    security: [],
    parameters: HEADERS,
    requestBody: {
      required: true,
      content: { 'application/json': { schema: plainSchema(schema) as unknown as JsonObject } },
    },
    responses: {
      '2XX': { description: 'Delivered' },
      '410': { description: 'Wants no more events' },
      default: { description: 'Tried again later' },
    },
  };
}

import { type Static, Type } from 'typebox';
import { Nullable, NullableTime } from '../http/nullable.ts';
import { publicId } from '../ids.ts';
import { publicKeyOf } from './ed25519.ts';
import { type DeliveryCounts, LastDays } from './delivery-counts.ts';
import { ENDPOINT_KINDS, type EndpointRow, type Keys, SIGNATURES } from './endpoint.queries.ts';
import { CHOOSABLE_EVENTS } from './event-types.ts';

const EventTypes = Type.Array(Type.Enum([...CHOOSABLE_EVENTS]), {
  maxItems: 20,
  description:
    'Which events it gets. An empty list (the default): the ends of batches and what happens to webhooks; batch.started and batch.progress only where they are listed',
});
const Url = Type.String({ maxLength: 2000, description: 'Where events are sent, by POST' });
const Description = Type.String({ maxLength: 500, description: 'For people' });
const Disabled = Type.Boolean({ description: 'A disabled endpoint gets no events' });
const Signature = Type.Enum([...SIGNATURES], {
  description:
    'v1 (the default): HMAC-SHA256 with the secret. v1a: Ed25519, verified with the public key. both: one signature of each',
});
const Secret = Type.String({
  maxLength: 100,
  description: 'A secret of your own: whsec_ and 24 to 64 bytes in base64. By default, one is made',
});

export const EndpointInput = Type.Object(
  {
    url: Url,
    event_types: Type.Optional(EventTypes),
    description: Type.Optional(Description),
    disabled: Type.Optional(Disabled),
    signature: Type.Optional(Signature),
    secret: Type.Optional(Secret),
  },
  {
    additionalProperties: false,
    'x-name': 'WebhookInput',
    examples: [
      { url: 'https://shop.example/hooks/minilab', description: 'Shop', event_types: ['batch.completed'] },
    ],
  },
);

export const EndpointPatch = Type.Object(
  {
    url: Type.Optional(Url),
    event_types: Type.Optional(EventTypes),
    description: Type.Optional(Description),
    disabled: Type.Optional(Disabled),
  },
  { additionalProperties: false, 'x-name': 'WebhookPatchInput' },
);

const DAY_S = 86_400;
export const OVERLAP_S = DAY_S;

/** The whole body may be left out. */
export const Rotation = Type.Unsafe<{ secret?: string; expires_in?: number } | null>({
  type: ['object', 'null'],
  properties: {
    secret: Secret,
    expires_in: {
      type: 'integer',
      minimum: 0,
      maximum: 7 * DAY_S,
      default: OVERLAP_S,
      description: 'For how many seconds the old secret signs along; 0 drops it at once',
    },
  },
  additionalProperties: false,
});

export const Endpoint = Type.Object(
  {
    id: Type.String(),
    kind: Type.Enum([...ENDPOINT_KINDS], {
      description: 'configured: WEBHOOK_URL. callback: the callback_url of a batch. Both are read-only here',
    }),
    url: Type.String(),
    description: Type.String(),
    event_types: Type.Array(Type.String(), { description: 'Empty: the usual ones' }),
    signature: Signature,
    public_key: Nullable(Type.String({ description: 'whpk_…, which verifies v1a signatures' })),
    disabled: Type.Boolean(),
    disabled_at: NullableTime,
    disabled_because: Nullable(Type.String()),
    failing_since: Nullable(
      Type.String({
        format: 'date-time',
        description: 'The first failed attempt since the last that succeeded',
      }),
    ),
    old_secret_expires_at: Nullable(
      Type.String({
        format: 'date-time',
        description: 'Until then the secret before the last one signs along',
      }),
    ),
    created_at: Type.String({ format: 'date-time' }),
    last_7_days: LastDays,
  },
  { 'x-name': 'WebhookEndpoint' },
);

/** The only answers that have the secret. */
export const EndpointWithSecret = Type.Object(
  {
    ...Endpoint.properties,
    secret: Nullable(
      Type.String({
        description: 'Verifies v1 signatures, and is never shown again; null for v1a, which needs none',
      }),
    ),
  },
  { 'x-name': 'WebhookEndpointWithSecret' },
);

/** @param lastDays where they are asked for */
export function endpointBody(row: EndpointRow, lastDays?: DeliveryCounts): Static<typeof Endpoint> {
  return {
    id: publicId('whe', row.endpoint_id),
    kind: row.kind,
    url: row.url,
    description: row.description,
    event_types: row.event_types,
    signature: row.signature,
    public_key: row.private_key && publicKeyOf(row.private_key),
    disabled: row.disabled_at !== null,
    disabled_at: row.disabled_at?.toISOString() ?? null,
    disabled_because: row.disabled_because,
    failing_since: row.failing_since?.toISOString() ?? null,
    old_secret_expires_at: row.old_until?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
    ...(lastDays && { last_7_days: lastDays }),
  };
}

export function bodyWithSecret(row: EndpointRow, { secret }: Keys): Static<typeof EndpointWithSecret> {
  return { ...endpointBody(row), secret: row.signature === 'v1a' ? null : secret };
}

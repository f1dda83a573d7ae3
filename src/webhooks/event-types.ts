/** Each ends a round of a batch. These go to the batch's callback_url, or to WEBHOOK_URL. */
export const END_EVENTS = [
  'batch.completed',
  'batch.completed_with_errors',
  'batch.failed',
  'batch.cancelled',
] as const;

/** What happened to a delivery or an endpoint: these go to the other registered endpoints. */
const WEBHOOK_EVENTS = ['webhook.delivery_exhausted', 'webhook.endpoint_disabled'] as const;

/** What a registered endpoint gets that does not choose. */
export const DEFAULT_EVENTS = [...END_EVENTS, ...WEBHOOK_EVENTS] as const;

/** What a registered endpoint may choose. */
export const CHOOSABLE_EVENTS = ['batch.started', 'batch.progress', ...DEFAULT_EVENTS] as const;

export type BatchEventType = Extract<(typeof CHOOSABLE_EVENTS)[number], `batch.${string}`>;

/** All of them: `webhook.test` goes to one endpoint, whatever it chose. */
export const EVENT_TYPES = [...CHOOSABLE_EVENTS, 'webhook.test'] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** Whether deliveries of it are reported by events: not those of reports themselves, which would never end. */
export function isReported(type: EventType): boolean {
  return type.startsWith('batch.');
}

import { query } from '../../api/request.ts';

const PAGE = 30;

/** What the API counts at the most of deliveries and of messages, and of the deliveries of one endpoint. */
export const MOST_COUNTED = 10_000;
export const MOST_COUNTED_OF_ONE = 1_000;

/** Those that can be tested or changed; the callback addresses of batches may be thousands. */
export const ENDPOINTS = `/v1/webhooks${query({ kind: 'registered,configured', limit: 100, counts: true })}`;

type Filter = { state?: string | undefined; batch?: string | undefined; cursor?: string | undefined };

export function deliveriesPath({ state, batch, cursor }: Filter): string {
  return `/v1/deliveries${query({ state, batch, limit: PAGE, counts: true, cursor })}`;
}

export function inboxPath(cursor: string | undefined): string {
  return `/v1/webhooks/inbox${query({ limit: PAGE, bodies: false, counts: true, cursor })}`;
}

import assert from 'node:assert/strict';
import { sql } from 'kysely';
import type { BatchKey } from '../../src/batches/batch.ts';
import { cancelBatch } from '../../src/batches/cancel.ts';
import type { Services } from '../../src/services.ts';
import { acceptUrls, newServices } from './batches.ts';
import { type Received, type Receiver, startReceiver } from './receiver.ts';
import { type Api, startWebhookApi } from './webhook-api.ts';

export type Endpoint = {
  id: string;
  kind: string;
  url: string;
  event_types: string[];
  signature: string;
  public_key: string | null;
  secret?: string | null;
  disabled: boolean;
  disabled_because: string | null;
  failing_since: string | null;
  old_secret_expires_at: string | null;
};

export type Delivery = {
  id: string;
  endpoint_id: string;
  event: { id: string; type: string; batch_id: string | null };
  state: string;
  attempt_count: number;
  last_status: number | null;
  last_error: string | null;
};

export type Page<T> = { items: T[]; next_cursor: string | null };

export type Setup = AsyncDisposable & { services: Services; receiver: Receiver; api: Api };

/** Services, the routes of webhooks, and a receiver. */
export async function setUpWebhooks(answer?: (message: Received) => number): Promise<Setup> {
  const stack = new AsyncDisposableStack();
  const services = stack.use(await newServices());
  const receiver = stack.use(await startReceiver(answer));
  const api = stack.use(await startWebhookApi(services));
  return { services, receiver, api, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

export async function register(api: Api, body: object, tenantId = 1): Promise<Endpoint> {
  const answer = await api.ask<Endpoint>('POST', '/v1/webhooks', body, tenantId);
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body;
}

/** A batch that ends at once. */
export async function endBatch(services: Services, tenantId = 1): Promise<BatchKey> {
  const batch = await acceptUrls(services, ['https://a.example/1.jpg'], { tenantId });
  await cancelBatch(services.database.db, batch, services.feed);
  return batch;
}

export async function addTenant({ database }: Services): Promise<void> {
  await sql`
    insert into tenants (tenant_id, token, name) values (2, ${'b'.repeat(32)}, 'second')`.execute(
    database.db,
  );
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { publicId } from '../../src/ids.ts';
import { countMessages, keepMessage, listMessages } from '../../src/webhooks/inbox.ts';
import { newServices } from '../support/batches.ts';
import { until } from '../support/until.ts';
import { deliver } from '../support/webhook-api.ts';
import {
  type Delivery,
  endBatch,
  type Endpoint,
  type Page,
  register,
  setUpWebhooks,
} from '../support/webhook-setup.ts';

type Counts = { pending: number; delivered: number; exhausted: number };
type Counted = Page<Delivery & { url: string; event: { batch_name: string | null } }> & {
  counts_by_state?: Counts;
};

test('deliveries are counted by state whatever state is listed, and of the last 7 days by endpoint', async () => {
  await using setup = await setUpWebhooks(({ path }) => (path === '/bad' ? 400 : 204));
  const { services, receiver, api } = setup;
  const bad = await register(api, { url: `${receiver.url}/bad`, event_types: ['batch.cancelled'] });
  const good = await register(api, { url: `${receiver.url}/good`, event_types: ['batch.cancelled'] });
  const idle = await register(api, { url: `${receiver.url}/idle`, event_types: ['batch.failed'] });
  await using _ = deliver(services, { schedule: [0] });
  const batches = [await endBatch(services), await endBatch(services)];
  const list = async (query: string): Promise<Counted> =>
    (await api.ask<Counted>('GET', `/v1/deliveries?counts=true&${query}`)).body;
  await until(
    async () => (await list('type=batch.cancelled')).counts_by_state?.pending === 0,
    60_000,
    'the end of all deliveries',
  );
  const page = await list('state=pending&type=batch.cancelled');
  assert.deepEqual(page.items, []);
  assert.deepEqual(page.counts_by_state, { pending: 0, delivered: 2, exhausted: 2 });
  const batch = publicId('bat', batches[0]?.batchId ?? '');
  const ofBatch = await list(`batch=${batch}&endpoint=${bad.id}`);
  assert.deepEqual(ofBatch.counts_by_state, { pending: 0, delivered: 0, exhausted: 1 });
  const [one] = ofBatch.items;
  assert.deepEqual([one?.url, one?.event.batch_name], [`${receiver.url}/bad`, 'test']);

  type Last = Endpoint & { last_7_days?: Counts };
  const endpoints = async (query: string): Promise<Map<string, Counts | undefined>> =>
    new Map(
      (await api.ask<Page<Last>>('GET', `/v1/webhooks${query}`)).body.items.map((endpoint) => [
        endpoint.id,
        endpoint.last_7_days,
      ]),
    );
  const counts = await endpoints('?counts=true&kind=registered,configured');
  assert.equal(counts.get(bad.id)?.exhausted, 2);
  assert.deepEqual(counts.get(idle.id), { pending: 0, delivered: 0, exhausted: 0 });
  assert.equal(counts.get(good.id)?.delivered, 2);
  await sql`
    update webhook_deliveries set created_at = now() - interval '8 days'
    where state = 'exhausted'`.execute(services.database.db);
  const later = await endpoints('?counts=true');
  assert.equal(later.get(bad.id)?.exhausted, 0);
  assert.equal(later.get(good.id)?.delivered, 2);
  assert.equal((await endpoints('')).get(bad.id), undefined);
});

test('the inbox is counted, and listed without the bodies', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const message = { tenantId: 1, source: 'shop', headers: {}, body: Buffer.alloc(200_000, 'x') };
  for (const messageId of ['a', 'b', 'a']) await keepMessage(db, { ...message, messageId });
  assert.equal(await countMessages(db, 1), 2);
  assert.equal(await countMessages(db, 2), 0);
  const lengths = async (bodies: boolean): Promise<number[]> =>
    (await listMessages(db, { tenantId: 1, limit: 10, before: undefined, bodies })).map(
      ({ body }) => body.byteLength,
    );
  assert.deepEqual(await lengths(false), [0, 0]);
  assert.deepEqual(await lengths(true), [200_000, 200_000]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { findBatch } from '../../src/batches/batch.queries.ts';
import { batchBody } from '../../src/batches/batch.body.ts';
import { deleteBatch } from '../../src/batches/delete.ts';
import { publicId } from '../../src/ids.ts';
import { forgetWebhooks } from '../../src/webhooks/log-retention.ts';
import { newSecret } from '../../src/webhooks/signing.ts';
import { acceptUrls } from '../support/batches.ts';
import { cancelBatch } from '../../src/batches/cancel.ts';
import { until } from '../support/until.ts';
import { deliver } from '../support/webhook-api.ts';
import {
  type Delivery,
  endBatch,
  type Endpoint,
  type Page,
  register,
  type Setup,
  setUpWebhooks,
} from '../support/webhook-setup.ts';

type Detail = Delivery & {
  body: string;
  attempts: {
    attempt: number;
    request: { url: string; headers: Record<string, string> };
    status: number | null;
    error: string | null;
    duration_ms: number;
    response: { headers: Record<string, string>; body: string };
  }[];
};

async function list({ api }: Setup, query = ''): Promise<Delivery[]> {
  const answer = await api.ask<Page<Delivery>>('GET', `/v1/deliveries${query}`);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body.items;
}

async function detail({ api }: Setup, id: string): Promise<Detail> {
  return (await api.ask<Detail>('GET', `/v1/deliveries/${id}`)).body;
}

/** Waits until every delivery has ended in this state. */
async function allEnded(setup: Setup, state: string, count: number): Promise<Delivery[]> {
  let found: Delivery[] = [];
  await until(
    async () => (found = await list(setup, `?state=${state}`)).length === count,
    60_000,
    `${count} ${state}`,
  );
  return found;
}

test('a delivery shows every attempt: what was sent, what was answered, and how long it took', async () => {
  let left = 2;
  await using setup = await setUpWebhooks(() => (left-- > 0 ? 500 : 204));
  const { services, receiver, api } = setup;
  const { id } = await register(api, { url: `${receiver.url}/hook?token=1` });
  await using _ = deliver(services);
  const batch = await endBatch(services);
  const [delivered] = await allEnded(setup, 'delivered', 1);
  assert.ok(delivered);
  const { body, attempts, ...shown } = await detail(setup, delivered.id);
  assert.deepEqual(shown, delivered);
  assert.equal(delivered.endpoint_id, id);
  assert.equal(delivered.event.batch_id, publicId('bat', batch.batchId));
  assert.equal(delivered.attempt_count, 3);
  assert.deepEqual(
    attempts.map(({ attempt, status }) => [attempt, status]),
    [
      [1, 500],
      [2, 500],
      [3, 204],
    ],
  );
  for (const [i, { request, response, error, duration_ms }] of attempts.entries()) {
    const got = receiver.received[i];
    assert.ok(got && duration_ms >= 0 && error === null);
    assert.equal(body, got.body);
    assert.equal(request.url, `${receiver.url}/hook?token=1`);
    for (const [name, value] of Object.entries(request.headers)) assert.equal(got.headers[name], value, name);
    assert.equal(request.headers['webhook-id'], delivered.event.id);
    assert.equal(response.headers['x-receiver'], 'test');
    assert.equal(response.body, i < 2 ? 'no' : '');
  }
});

test('deliveries are filtered by state, type, batch and endpoint, page by page', async () => {
  await using setup = await setUpWebhooks(({ path }) => (path === '/bad' ? 400 : 204));
  const { services, receiver, api } = setup;
  const bad = await register(api, { url: `${receiver.url}/bad`, event_types: ['batch.cancelled'] });
  await register(api, { url: `${receiver.url}/good`, event_types: ['batch.cancelled'] });
  await using _ = deliver(services, { schedule: [0] });
  const batches = [await endBatch(services), await endBatch(services), await endBatch(services)];
  await allEnded(setup, 'exhausted', 3);
  await allEnded(setup, 'delivered', 3);
  const batch = publicId('bat', batches[1]?.batchId ?? '');
  assert.equal((await list(setup, `?batch=${batch}`)).length, 2);
  assert.equal((await list(setup, `?batch=${batch}&state=exhausted`)).length, 1);
  assert.equal((await list(setup, `?endpoint=${bad.id}`)).length, 3);
  assert.equal((await list(setup, '?type=batch.failed')).length, 0);
  assert.equal((await list(setup, `?type=batch.cancelled`)).length, 6);
  const of = await api.ask<Page<Delivery>>('GET', `/v1/webhooks/${bad.id}/deliveries?batch=${batch}`);
  assert.deepEqual(
    of.body.items.map(({ state }) => state),
    ['exhausted'],
  );
  const seen: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: { body: Page<Delivery> } = await api.ask(
      'GET',
      `/v1/deliveries?limit=4${cursor && `&cursor=${cursor}`}`,
    );
    seen.push(...page.body.items.map(({ id }) => id));
    cursor = page.body.next_cursor;
  }
  assert.equal(new Set(seen).size, 6);
  assert.equal((await api.ask('GET', '/v1/deliveries?batch=nonsense')).status, 400);
});

test('a test event goes the way of any other, whatever the endpoint asked for', async () => {
  await using setup = await setUpWebhooks();
  const { services, receiver, api } = setup;
  const { id } = await register(api, { url: `${receiver.url}/hook`, event_types: ['batch.failed'] });
  await using _ = deliver(services);
  const { status, body } = await api.ask<Delivery>('POST', `/v1/webhooks/${id}/test`);
  assert.deepEqual([status, body.state, body.event.type], [202, 'pending', 'webhook.test']);
  const [message] = await receiver.until('/hook', 1);
  assert.equal(message?.id, body.event.id);
  assert.equal(
    (JSON.parse(message?.body ?? '') as { data: { endpoint: { id: string } } }).data.endpoint.id,
    id,
  );
  await api.ask('PATCH', `/v1/webhooks/${id}`, { disabled: true });
  assert.equal((await api.ask('POST', `/v1/webhooks/${id}/test`)).status, 409);
});

test('a delivery is sent again with the same id and body, to the URL of today, and its schedule begins again', async () => {
  await using setup = await setUpWebhooks(({ path }) => (path === '/old' ? 500 : 204));
  const { services, receiver, api } = setup;
  const { id } = await register(api, { url: `${receiver.url}/old`, event_types: ['batch.cancelled'] });
  await using _ = deliver(services);
  await endBatch(services);
  const [given] = await allEnded(setup, 'exhausted', 1);
  assert.equal(given?.attempt_count, 3);
  const again = await api.ask<Delivery>('POST', `/v1/deliveries/${given?.id}/redeliver`);
  assert.deepEqual([again.status, again.body.state], [202, 'pending']);
  await receiver.until('/old', 6);
  assert.equal((await allEnded(setup, 'exhausted', 1))[0]?.attempt_count, 6);
  await api.ask('PATCH', `/v1/webhooks/${id}`, { url: `${receiver.url}/new` });
  await api.ask('POST', `/v1/deliveries/${given?.id}/redeliver`);
  const [moved] = await receiver.until('/new', 1);
  assert.deepEqual([moved?.id, moved?.body], [receiver.received[0]?.id, receiver.received[0]?.body]);
  const [delivered] = await allEnded(setup, 'delivered', 1);
  assert.equal(delivered?.attempt_count, 7);
  await api.ask('POST', `/v1/deliveries/${given?.id}/redeliver`);
  await receiver.until('/new', 2);
  await allEnded(setup, 'delivered', 1);
});

test('deliveries to a callback_url are sent again too, and the status of the batch shows it', async () => {
  await using setup = await setUpWebhooks();
  const { services, receiver, api } = setup;
  const { db } = services.database;
  await using _ = deliver(services);
  const callback = { url: `${receiver.url}/mine`, secret: newSecret() };
  const batch = await acceptUrls(services, ['https://a.example/1.jpg'], { callback });
  await cancelBatch(db, batch, services.feed);
  const [delivered] = await allEnded(setup, 'delivered', 1);
  const before = await findBatch(db, batch);
  await api.ask('POST', `/v1/deliveries/${delivered?.id}/redeliver`);
  await receiver.until('/mine', 2);
  await allEnded(setup, 'delivered', 1);
  const after = await findBatch(db, batch);
  assert.ok(before && after && after.version > before.version);
  assert.equal(batchBody(after, '').webhook?.state, 'delivered');
});

test('a replay sends everything that failed since a time, once, however often it is asked for', async () => {
  let isBroken = true;
  await using setup = await setUpWebhooks(({ path }) => (isBroken && path === '/hook' ? 500 : 204));
  const { services, receiver, api } = setup;
  const { id } = await register(api, { url: `${receiver.url}/hook`, event_types: ['batch.cancelled'] });
  await register(api, { url: `${receiver.url}/other`, event_types: ['batch.cancelled'] });
  const replay = async (since: string) =>
    (await api.ask<{ count: number; has_more: boolean }>('POST', `/v1/webhooks/${id}/replay?since=${since}`))
      .body;
  {
    await using _ = deliver(services, { schedule: [0] });
    for (let i = 0; i < 5; i += 1) await endBatch(services);
    await allEnded(setup, 'exhausted', 5);
  }
  {
    await using _ = deliver(services, { schedule: [0, 3_600_000] }); // it waits an hour for its next attempt
    await endBatch(services);
    await receiver.until('/hook', 6);
    await allEnded(setup, 'delivered', 6);
    await until(async () => (await list(setup, `?endpoint=${id}&state=pending`))[0]?.attempt_count === 1);
  }
  await sql`
    update webhook_deliveries set created_at = now() - interval '2 days'
    where delivery_id = (select delivery_id from webhook_deliveries where state = 'exhausted' order by 1 limit 1)`.execute(
    services.database.db,
  );
  isBroken = false;
  const dayAgo = new Date(Date.now() - 86_400_000).toISOString();
  assert.deepEqual(await replay(dayAgo), { count: 5, has_more: false });
  assert.deepEqual(await replay(dayAgo), { count: 0, has_more: false });
  await using _ = deliver(services);
  await allEnded(setup, 'delivered', 11);
  assert.equal((await receiver.until('/hook', 11)).length, 11);
  assert.deepEqual(await replay('2026-01-01T00:00:00Z'), { count: 1, has_more: false });
  await allEnded(setup, 'delivered', 12);
  assert.equal((await api.ask('POST', `/v1/webhooks/${id}/replay`)).status, 400);
});

test('a replay of thousands is done in groups, and says when there are more', async () => {
  await using setup = await setUpWebhooks();
  const { services, api } = setup;
  const { db } = services.database;
  const { id } = await register(api, { url: 'https://shop.example/hook' });
  await sql`
    with events as (
      insert into webhook_events (tenant_id, event_id, type, body)
      select 1, gen_random_uuid(), 'batch.failed', '{}' from generate_series(1, 10100) returning event_id
    )
    insert into webhook_deliveries (tenant_id, delivery_id, event_id, endpoint_id, state, attempts, ended_at)
    select 1, gen_random_uuid(), e.event_id, p.endpoint_id, 'exhausted', 10, now()
    from events e, webhook_endpoints p`.execute(db);
  const replay = `/v1/webhooks/${id}/replay?since=2026-01-01T00:00:00Z`;
  assert.deepEqual((await api.ask('POST', replay)).body, { count: 10_000, has_more: true });
  assert.deepEqual((await api.ask('POST', replay)).body, { count: 100, has_more: false });
  assert.deepEqual((await api.ask('POST', replay)).body, { count: 0, has_more: false });
});

test('what a deleted endpoint waited for is not sent', async () => {
  await using setup = await setUpWebhooks();
  const { services, receiver, api } = setup;
  const { id } = await register(api, { url: `${receiver.url}/gone` });
  await register(api, { url: `${receiver.url}/stays` });
  await endBatch(services);
  await api.ask('DELETE', `/v1/webhooks/${id}`);
  await using _ = deliver(services);
  await receiver.until('/stays', 1);
  await until(async () => {
    const { rows } = await sql`
      select from pgboss.job where name = 'deliver_webhook' and state < 'completed'`.execute(
      services.database.db,
    );
    return rows.length === 0;
  });
  assert.deepEqual(
    receiver.received.map(({ path }) => path),
    ['/stays'],
  );
});

test('old events are forgotten with their deliveries, but not while one is being delivered', async () => {
  await using setup = await setUpWebhooks(({ path }) => (path === '/bad' ? 500 : 204));
  const { services, receiver, api } = setup;
  const { db } = services.database;
  const { id } = await register(api, { url: `${receiver.url}/good`, event_types: ['batch.cancelled'] });
  await using _ = deliver(services, { schedule: [0, 3_600_000] });
  await endBatch(services);
  await allEnded(setup, 'delivered', 1);
  await api.ask<Endpoint>('PATCH', `/v1/webhooks/${id}`, { url: `${receiver.url}/bad` });
  await endBatch(services);
  await receiver.until('/bad', 1);
  assert.deepEqual(await forgetWebhooks(db, 30), { events: 0, messages: 0, endpoints: 0 });
  await sql`update webhook_events set created_at = now() - interval '31 days'`.execute(db);
  assert.deepEqual(await forgetWebhooks(db, 30), { events: 1, messages: 0, endpoints: 0 });
  assert.deepEqual(
    (await list(setup)).map(({ state }) => state),
    ['pending'],
  );
});

test('the callback_url of a batch is forgotten when the batch is deleted, and its last event is forgotten', async () => {
  await using setup = await setUpWebhooks();
  const { services, receiver } = setup;
  const { db, patient } = services.database;
  const callback = { url: `${receiver.url}/callback`, secret: newSecret() };
  const batch = await acceptUrls(services, ['https://a.example/1.jpg'], { callback });
  await cancelBatch(db, batch, services.feed);
  await using _ = deliver(services);
  await allEnded(setup, 'delivered', 1);
  await sql`update webhook_endpoints set created_at = now() - interval '31 days'`.execute(db);
  await deleteBatch(patient, batch);
  assert.equal((await forgetWebhooks(db, 30)).endpoints, 0);
  await sql`update webhook_events set created_at = now() - interval '31 days'`.execute(db);
  assert.deepEqual(await forgetWebhooks(db, 30), { events: 1, messages: 0, endpoints: 1 });
});

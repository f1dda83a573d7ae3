import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { findBatch } from '../../src/batches/batch.queries.ts';
import { troubledEndpoints } from '../../src/webhooks/endpoint-health.ts';
import { configureEndpoint } from '../../src/webhooks/endpoints.ts';
import { newSecret } from '../../src/webhooks/signing.ts';
import { capturedLog } from '../support/logs.ts';
import { until } from '../support/until.ts';
import { deliver } from '../support/webhook-api.ts';
import { endBatch, type Endpoint, register, type Setup, setUpWebhooks } from '../support/webhook-setup.ts';

const show = async ({ api }: Setup, id: string): Promise<Endpoint> =>
  (await api.ask<Endpoint>('GET', `/v1/webhooks/${id}`)).body;

type Told = {
  type: string;
  data: {
    endpoint?: { id: string; disabled_because: string };
    delivery?: { id: string; endpoint: { id: string } };
  };
};
const told = ({ receiver }: Setup, path: string, type: string): Told[] =>
  receiver.received
    .filter((message) => message.path === path && message.type === type)
    .map(({ body }) => JSON.parse(body) as Told);

/** As if the series of failures had begun earlier, by the clock of the database. */
async function failedFor({ services }: Setup, interval: string): Promise<void> {
  await sql`
    update webhook_endpoints set failing_since = failing_since - ${interval}::interval`.execute(
    services.database.db,
  );
}

async function noOpenTasks({ services }: Setup): Promise<void> {
  await until(async () => {
    const { rows } = await sql`
      select from pgboss.job where name = 'deliver_webhook' and state < 'completed'`.execute(
      services.database.db,
    );
    return rows.length === 0;
  });
}

test('an endpoint that answers 410 is disabled at once, the others are told, and it is logged', async () => {
  await using setup = await setUpWebhooks(({ path }) => (path === '/gone' ? 410 : 204));
  const { services, receiver, api } = setup;
  const gone = await register(api, { url: `${receiver.url}/gone` });
  await register(api, { url: `${receiver.url}/well` });
  await register(api, { url: `${receiver.url}/ends`, event_types: ['batch.cancelled'] });
  const { log, lines } = capturedLog();
  await using _ = deliver(services, { log });
  await endBatch(services);
  await receiver.until('/well', 3);
  await noOpenTasks(setup);
  const { disabled, disabled_because } = await show(setup, gone.id);
  assert.deepEqual([disabled, disabled_because], [true, 'it answered 410 Gone']);
  const [event] = told(setup, '/well', 'webhook.endpoint_disabled');
  assert.equal(event?.data.endpoint?.id, gone.id);
  assert.equal(event?.data.endpoint?.disabled_because, 'it answered 410 Gone');
  assert.equal(told(setup, '/well', 'webhook.delivery_exhausted').length, 1);
  assert.equal((await receiver.until('/ends', 1)).length, 1);
  assert.equal((await receiver.until('/gone', 1)).length, 1);
  const messages = lines().map(({ msg }) => msg);
  assert.ok(messages.includes('a webhook endpoint was disabled: it answered 410 Gone'), messages.join('\n'));
  await endBatch(services);
  await receiver.until('/well', 4);
  assert.equal((await receiver.until('/gone', 1)).length, 1);
});

test('five days of nothing but failures disable an endpoint; to enable it forgets them', async () => {
  let isBroken = true;
  await using setup = await setUpWebhooks(({ path }) => (path === '/bad' && isBroken ? 500 : 204));
  const { services, receiver, api } = setup;
  const bad = await register(api, { url: `${receiver.url}/bad`, event_types: ['batch.cancelled'] });
  await register(api, { url: `${receiver.url}/well`, event_types: ['webhook.endpoint_disabled'] });
  await using _ = deliver(services, { schedule: [0] });
  await endBatch(services);
  await receiver.until('/bad', 1);
  await until(async () => (await show(setup, bad.id)).failing_since !== null);
  assert.deepEqual(
    (await troubledEndpoints(services.database.db)).map((one) => one.replace(/\(.*/, '')),
    [`${bad.id} `],
  );
  await failedFor(setup, '4 days 23 hours');
  await endBatch(services);
  await receiver.until('/bad', 2);
  await noOpenTasks(setup);
  assert.equal((await show(setup, bad.id)).disabled, false, 'not yet five days');
  await failedFor(setup, '2 hours');
  await endBatch(services);
  await receiver.until('/well', 1);
  assert.match((await show(setup, bad.id)).disabled_because ?? '', /every attempt failed for five days/);
  assert.match((await troubledEndpoints(services.database.db))[0] ?? '', /was disabled at .*five days/);
  const [event] = told(setup, '/well', 'webhook.endpoint_disabled');
  assert.equal(event?.data.endpoint?.id, bad.id);
  await api.ask('PATCH', `/v1/webhooks/${bad.id}`, { disabled: false });
  assert.deepEqual(await troubledEndpoints(services.database.db), []);
  await endBatch(services);
  await receiver.until('/bad', 4);
  await noOpenTasks(setup);
  assert.equal((await show(setup, bad.id)).disabled, false, 'it counts from anew');
  isBroken = false;
  await failedFor(setup, '6 days');
  await endBatch(services);
  await receiver.until('/bad', 5);
  await until(async () => (await show(setup, bad.id)).failing_since === null);
});

test('what waits for an endpoint that is disabled is not sent, and a replay sends it when it is enabled', async () => {
  await using setup = await setUpWebhooks();
  const { services, receiver, api } = setup;
  const { id } = await register(api, { url: `${receiver.url}/hook` });
  const batch = await endBatch(services);
  const before = await findBatch(services.database.db, batch);
  await api.ask('PATCH', `/v1/webhooks/${id}`, { disabled: true });
  await using _ = deliver(services);
  await noOpenTasks(setup);
  assert.equal(receiver.received.length, 0);
  const after = await findBatch(services.database.db, batch);
  assert.deepEqual([before?.delivery?.state, after?.delivery?.state], ['pending', 'exhausted']);
  assert.ok(Number(after?.version) > Number(before?.version), 'the status has another ETag');
  const replay = `/v1/webhooks/${id}/replay?since=2026-01-01T00:00:00Z`;
  assert.equal((await api.ask('POST', replay)).status, 409);
  await api.ask('PATCH', `/v1/webhooks/${id}`, { disabled: false });
  assert.deepEqual((await api.ask('POST', replay)).body, { count: 1, has_more: false });
  await receiver.until('/hook', 1);
});

test('what waits for a WEBHOOK_URL that is removed is not sent, until it is set again', async () => {
  await using setup = await setUpWebhooks();
  const { services, receiver, api } = setup;
  const { db } = services.database;
  const endpoint = { url: `${receiver.url}/hook`, secret: newSecret() };
  await configureEndpoint(db, 1, endpoint);
  await endBatch(services);
  await configureEndpoint(db, 1, undefined);
  await using _ = deliver(services);
  await noOpenTasks(setup);
  assert.equal(receiver.received.length, 0);
  type Deliveries = { items: { id: string; state: string }[] };
  const [given] = (await api.ask<Deliveries>('GET', '/v1/deliveries')).body.items;
  assert.equal(given?.state, 'exhausted');
  const redeliver = `/v1/deliveries/${given.id}/redeliver`;
  const refused = await api.ask<{ detail: string }>('POST', redeliver);
  assert.equal(refused.status, 409);
  assert.match(refused.body.detail, /\(WEBHOOK_URL is no longer set\)\. Set it first\.$/);
  await configureEndpoint(db, 1, endpoint);
  assert.equal((await api.ask('POST', redeliver)).status, 202);
  await receiver.until('/hook', 1);
});

test('a delivery that is given up is told to the others, and what is given up of that is not: no loops', async () => {
  await using setup = await setUpWebhooks(() => 500);
  const { services, receiver, api } = setup;
  const first = await register(api, { url: `${receiver.url}/first` });
  await register(api, { url: `${receiver.url}/second` });
  await using _ = deliver(services, { schedule: [0, 20] });
  await endBatch(services);
  await receiver.until('/first', 4);
  await receiver.until('/second', 4);
  await noOpenTasks(setup);
  const [event] = told(setup, '/second', 'webhook.delivery_exhausted');
  assert.equal(event?.data.delivery?.endpoint.id, first.id);
  const { rows } = await sql<{ type: string; count: number }>`
    select type, count(*) from webhook_events group by type order by type`.execute(services.database.db);
  assert.deepEqual(rows, [
    { type: 'batch.cancelled', count: 1 },
    { type: 'webhook.delivery_exhausted', count: 2 },
  ]);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { pino } from 'pino';
import { findBatch } from '../../src/batches/batch.queries.ts';
import { batchBody } from '../../src/batches/batch.body.ts';
import type { BatchKey } from '../../src/batches/batch.ts';
import { cancelBatch } from '../../src/batches/cancel.ts';
import type { Services } from '../../src/services.ts';
import { createGuard } from '../../src/net/guard.ts';
import { configureEndpoint, lastFailure } from '../../src/webhooks/endpoints.ts';
import { newSecret } from '../../src/webhooks/signing.ts';
import { startDeliveries } from '../../src/webhooks/webhook.tasks.ts';
import { acceptUrls, newServices } from '../support/batches.ts';
import { type Origin, startOrigin } from '../support/origin.ts';

const SCHEDULE = [0, 50, 50, 50, 50];

/** Deliveries as a worker makes them, and what they log. */
function deliver({ database: { db }, queue, guard }: Services, timeoutMs: number) {
  const said: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => void said.push(line) });
  const pump = startDeliveries({ db, queue, guard, userAgent: 'test', schedule: SCHEDULE, timeoutMs, log });
  return { said, [Symbol.asyncDispose]: () => pump.stop(0) };
}

/** A batch that ends at once. */
async function endedBatch(services: Services, url?: string): Promise<BatchKey> {
  const callback = url === undefined ? {} : { callback: { url, secret: newSecret() } };
  const batch = await acceptUrls(services, ['https://a.example/1.jpg'], callback);
  await cancelBatch(services.database.db, batch, services.feed);
  return batch;
}

async function webhookOf({ database }: Services, batch: BatchKey) {
  const row = await findBatch(database.db, batch);
  return row && batchBody(row, '').webhook;
}

async function settled(services: Services, batch: BatchKey) {
  for (let i = 0; i < 800; i += 1, await sleep(25)) {
    const webhook = await webhookOf(services, batch);
    if (webhook?.state !== 'pending') return webhook;
  }
  throw new Error('the delivery does not end');
}

/** A receiver of which some paths hang, and that tells when it is asked. */
async function startReceiver(): Promise<
  Origin & { hanging(count: number): Promise<void>; open: Set<string> }
> {
  const open = new Set<string>();
  const asked = new EventTarget();
  const origin = await startOrigin((path) => (_request, response) => {
    if (!path.startsWith('/hangs')) return void response.writeHead(200).end('thanks');
    open.add(path);
    response.once('close', () => open.delete(path));
    asked.dispatchEvent(new Event('asked'));
  });
  return Object.assign(origin, {
    open,
    async hanging(count: number): Promise<void> {
      while (open.size < count) await once(asked, 'asked');
    },
  });
}

test('a healthy receiver hears while twelve others hang', async () => {
  await using services = await newServices();
  await using receiver = await startReceiver();
  await using _ = deliver(services, 60_000);
  for (let i = 0; i < 12; i += 1) await endedBatch(services, `${receiver.url}/hangs/${i}`);
  await receiver.hanging(12);
  const healthy = await endedBatch(services, `${receiver.url}/well`);
  assert.equal((await settled(services, healthy))?.state, 'delivered');
  assert.equal(receiver.open.size, 12);
});

test('one receiver that hangs delays no other, however many batches name it', async () => {
  await using services = await newServices();
  await using receiver = await startReceiver();
  await using _ = deliver(services, 60_000);
  for (let i = 0; i < 80; i += 1) await endedBatch(services, `${receiver.url}/hangs?batch=${i}`);
  await receiver.hanging(2);
  const healthy = await endedBatch(services, `${receiver.url}/well`);
  assert.equal((await settled(services, healthy))?.state, 'delivered');
  assert.equal(receiver.open.size, 2);
});

test('an attempt lasts as long as it may, and not as long as a download', async () => {
  await using services = await newServices();
  const { guard } = services;
  assert.equal(guard.bounds.headersMs, 10_000);
  await using receiver = await startOrigin(() => (_request, response) => {
    setTimeout(() => response.writeHead(200).end('at last'), guard.bounds.headersMs + 2_500);
  });
  await using _ = deliver(services, 60_000);
  const batch = await endedBatch(services, `${receiver.url}/slow`);
  assert.equal((await settled(services, batch))?.state, 'delivered');
  assert.equal(receiver.requests.get('/slow'), 1);
});

test('a 2xx is delivered, also where its body breaks off or does not end', async () => {
  await using services = await newServices();
  await using receiver = await startOrigin((path) => (_request, response) => {
    response.writeHead(200, { 'content-length': '10' }).write('half', () => {
      if (path === '/breaks') response.destroy();
    });
  });
  await using _ = deliver(services, 500);
  for (const path of ['/breaks', '/drips']) {
    const batch = await endedBatch(services, receiver.url + path);
    assert.equal((await settled(services, batch))?.state, 'delivered', path);
    assert.equal(receiver.requests.get(path), 1);
  }
});

test('WEBHOOK_URL that answered 410 once hears of the next batch, and the log and the status say what was not told', async () => {
  await using services = await newServices();
  let isGone = true;
  await using receiver = await startOrigin(() => (_request, response) => {
    response.writeHead(isGone ? 410 : 200).end();
    isGone = false;
  });
  await configureEndpoint(services.database.db, 1, { url: `${receiver.url}/hook`, secret: newSecret() });
  await using deliveries = deliver(services, 5_000);
  const first = await settled(services, await endedBatch(services));
  assert.deepEqual(first, { state: 'exhausted', last_status: 410, next_attempt_at: null });
  assert.match((await lastFailure(services.database.db)) ?? '', /^it answered HTTP 410 \(20/);
  const second = await settled(services, await endedBatch(services));
  assert.equal(second?.state, 'delivered');
  assert.equal(await lastFailure(services.database.db), undefined);
  assert.match(deliveries.said.join(''), /the batch is not told: WEBHOOK_URL: it answered 410 Gone/);
});

test('an address that may not be reached is given up at once, a name that leads to one after three attempts', async () => {
  await using services = await newServices({ ALLOWED_PRIVATE_NETWORKS: '' });
  const guard = createGuard(services.config, async () => ['10.0.0.7']);
  await using deliveries = deliver({ ...services, guard }, 5_000);
  const attempts = { 'http://10.0.0.7/hook': 1, 'http://inside.example/hook': 3 };
  for (const [url, count] of Object.entries(attempts)) {
    const webhook = await settled(services, await endedBatch(services, url));
    assert.equal(webhook?.state, 'exhausted');
    assert.match(webhook?.last_error ?? '', /^not sent: .*(private|not a public) address/);
    const { rows } = await sql<{ attempts: number }>`
      select d.attempts from webhook_deliveries d join webhook_endpoints p using (tenant_id, endpoint_id)
      where p.url = ${url}`.execute(services.database.db);
    assert.deepEqual(rows, [{ attempts: count }]);
  }
  assert.match(deliveries.said.join(''), /callback_url: not sent/);
  await guard.close();
});

test('while an attempt that got no answer is tried again, the status says why it got none', async () => {
  await using services = await newServices();
  await using receiver = await startReceiver();
  await using _ = deliver(services, 300);
  const batch = await endedBatch(services, `${receiver.url}/hangs`);
  let webhook = await webhookOf(services, batch);
  for (let i = 0; i < 400 && !webhook?.last_error; i += 1, await sleep(25))
    webhook = await webhookOf(services, batch);
  assert.equal(webhook?.state, 'pending');
  assert.equal(webhook?.last_error, 'no answer within 0.3 s');
});

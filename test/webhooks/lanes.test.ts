import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { BatchKey } from '../../src/batches/batch.ts';
import { cancelBatch } from '../../src/batches/cancel.ts';
import { newSecret } from '../../src/webhooks/signing.ts';
import { acceptUrls } from '../support/batches.ts';
import type { Received } from '../support/receiver.ts';
import { until } from '../support/until.ts';
import { deliver } from '../support/webhook-api.ts';
import { endBatch, register, type Setup, setUpWebhooks } from '../support/webhook-setup.ts';

const hangs = ({ path }: Received): number => (path.startsWith('/hangs') ? 0 : 204);

/** Batches that are about to end, each with a receiver of its own that hangs. */
async function withHangingReceivers({ services, receiver }: Setup, count: number): Promise<BatchKey[]> {
  const batches: BatchKey[] = [];
  for (let i = 0; i < count; i += 1) {
    const callback = { url: `${receiver.url}/hangs/${i}`, secret: newSecret() };
    batches.push(await acceptUrls(services, ['https://a.example/1.jpg'], { callback }));
  }
  return batches;
}

async function end({ services }: Setup, batches: BatchKey[]): Promise<void> {
  for (const batch of batches) await cancelBatch(services.database.db, batch, services.feed);
}

test('a healthy endpoint hears while a hundred others hang, of which nothing was known', async () => {
  await using setup = await setUpWebhooks(hangs);
  const { services, receiver, api } = setup;
  await using _ = deliver(services, { timeoutMs: 100_000 });
  await end(setup, await withHangingReceivers(setup, 100));
  await receiver.untilOpen(100);
  await register(api, { url: `${receiver.url}/well` });
  await endBatch(services);
  await receiver.until('/well', 1);
  assert.equal(receiver.open.size, 100);
});

test('receivers that are known to hang wait for each other, and no healthy one waits for them', async () => {
  await using setup = await setUpWebhooks(hangs);
  const { services, receiver, api } = setup;
  const { db } = services.database;
  const batches = await withHangingReceivers(setup, 170);
  await sql`update webhook_endpoints set slow = true, failing_since = now()`.execute(db);
  await end(setup, batches);
  await using _ = deliver(services, { timeoutMs: 100_000 });
  await receiver.untilOpen(160); // the capacity of the slow lane, with those that it lets wait
  await register(api, { url: `${receiver.url}/well` });
  for (let i = 1; i <= 5; i += 1) {
    await endBatch(services);
    await receiver.until('/well', i);
  }
  assert.equal(receiver.open.size, 160);
});

test('an endpoint that times out gets one request at a time in the slow lane, until it answers', async () => {
  let isHanging = true;
  await using setup = await setUpWebhooks(() => (isHanging ? 0 : 204));
  const { services, receiver, api } = setup;
  const { db } = services.database;
  await register(api, { url: `${receiver.url}/hook`, event_types: ['batch.cancelled'] });
  const isSlow = async (): Promise<boolean> =>
    (await sql<{ slow: boolean }>`select slow from webhook_endpoints`.execute(db)).rows[0]?.slow === true;
  {
    await using _ = deliver(services, { timeoutMs: 200, schedule: [0] });
    await endBatch(services);
    await until(isSlow);
  }
  for (let i = 0; i < 3; i += 1) await endBatch(services);
  const { rows } = await sql<{ priority: number; group_tier: string }>`
    select priority, group_tier from pgboss.job where name = 'deliver_webhook' and state = 'created'`.execute(
    db,
  );
  assert.deepEqual(
    rows,
    Array.from({ length: 3 }, () => ({ priority: -1, group_tier: 'slow' })),
  );
  {
    await using _ = deliver(services, { timeoutMs: 100_000 });
    await receiver.untilOpen(1);
    await endBatch(services); // while it hangs
    assert.equal(receiver.open.size, 1);
    isHanging = false;
    for (const response of receiver.open) response.writeHead(204).end();
    await receiver.until('/hook', 5);
    await until(async () => !(await isSlow()));
  }
});

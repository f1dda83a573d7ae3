import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchBody } from '../../src/batches/batch.body.ts';
import { findBatch } from '../../src/batches/batch.queries.ts';
import type { BatchKey } from '../../src/batches/batch.ts';
import { cancelBatch } from '../../src/batches/cancel.ts';
import { newSecret } from '../../src/webhooks/signing.ts';
import { acceptUrls } from '../support/batches.ts';
import type { Received } from '../support/receiver.ts';
import { until } from '../support/until.ts';
import { deliver } from '../support/webhook-api.ts';
import { endBatch, register, type Setup, setUpWebhooks } from '../support/webhook-setup.ts';

const byPath = ({ path }: Received): number => (path === '/bad' ? 400 : 204);

async function webhookOf({ services }: Setup, batch: BatchKey) {
  const row = await findBatch(services.database.db, batch);
  return row && batchBody(row, '').webhook;
}

const ended = (setup: Setup, batch: BatchKey, state: string): Promise<void> =>
  until(async () => (await webhookOf(setup, batch))?.state === state);

test('the status of a batch shows the delivery to its callback_url, whatever others get', async () => {
  await using setup = await setUpWebhooks(byPath);
  const { services, receiver, api } = setup;
  await register(api, { url: `${receiver.url}/bad` });
  await using _ = deliver(services, { schedule: [0, 3_600_000] });
  const batch = await acceptUrls(services, ['https://a.example/1.jpg'], {
    callback: { url: `${receiver.url}/mine`, secret: newSecret() },
  });
  assert.equal((await webhookOf(setup, batch))?.state, 'pending');
  await cancelBatch(services.database.db, batch, services.feed);
  await receiver.until('/bad', 1);
  await ended(setup, batch, 'delivered');
});

test('with registered endpoints alone, it shows the one that is furthest from having it', async () => {
  await using setup = await setUpWebhooks(byPath);
  const { services, receiver, api } = setup;
  await using _ = deliver(services, { schedule: [0] });
  assert.equal(await webhookOf(setup, await endBatch(services)), null, 'nobody is told');
  await register(api, { url: `${receiver.url}/progress`, event_types: ['batch.progress'] });
  const unseen = await acceptUrls(services, ['https://a.example/1.jpg']);
  assert.equal(await webhookOf(setup, unseen), null, 'nobody asked for its end');
  await register(api, { url: `${receiver.url}/good` });
  assert.equal((await webhookOf(setup, unseen))?.state, 'pending');
  await ended(setup, await endBatch(services), 'delivered');
  await register(api, { url: `${receiver.url}/bad` });
  await ended(setup, await endBatch(services), 'exhausted');
});

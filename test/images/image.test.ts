import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { sql } from 'kysely';
import {
  type ImageState,
  PUBLIC_IMAGE_STATES,
  SHOWN_STATE,
  shownState,
  STATE_NOW,
  storedStates,
} from '../../src/images/image.ts';
import { acceptUrls, claim, newServices } from '../support/batches.ts';

type Row = { stored: ImageState; now: ImageState; batch: string; shown: string };

test('SQL and code show the same state of an image, and a filter by it finds the states that are shown so', async () => {
  await using services = await newServices();
  await acceptUrls(services, ['https://a.example/1.jpg']);
  const [claimed] = await claim(services, 1);
  const { rows } = await sql<Row>`
    select i.state as stored, ${STATE_NOW} as now, b.state as batch, ${SHOWN_STATE} as shown
    from (values ('pending', null, null), ('queued', null, ${randomUUID()}::uuid), ('queued', null, ${claimed?.task.id}::uuid),
      ('processing', null, ${randomUUID()}::uuid), ('completed', now(), null), ('failed', now(), null),
      ('cancelled', now(), null)) as i (state, ended_at, task_id),
      (values ('processing'), ('completed_with_errors'), ('cancelled')) as b (state)`.execute(
    services.database.db,
  );
  assert.equal(rows.length, 21);
  for (const { now, batch, shown } of rows) {
    const isCancelled = batch === 'cancelled';
    assert.equal(shownState(now, { isCancelled }), shown, `${now} in a batch that is ${batch}`);
    for (const each of PUBLIC_IMAGE_STATES)
      assert.equal(storedStates(each, { isCancelled }).includes(now), each === shown);
  }
  const changed = rows.filter(({ stored, now }) => stored !== now);
  assert.deepEqual(
    changed.map(({ stored, now }) => [stored, now]),
    [1, 2, 3].map(() => ['queued', 'processing']),
  );
});

test('an image is processing from the claim of its task on, and pending again when the lease is lost', async () => {
  await using services = await newServices();
  const { db } = services.database;
  await acceptUrls(services, ['https://a.example/1.jpg']);
  const state = async (): Promise<string | undefined> =>
    (
      await sql<{ state: string }>`
        select ${SHOWN_STATE} as state from images i join batches b on b.tenant_id = i.tenant_id and b.batch_id = i.batch_id`.execute(
        db,
      )
    ).rows[0]?.state;
  assert.equal(await state(), 'pending');
  await claim(services, 1);
  assert.equal(await state(), 'processing');
  await sql`update pgboss.job set heartbeat_on = now() - interval '1 minute'`.execute(db);
  await services.queue.supervise();
  assert.equal(await state(), 'pending');
});

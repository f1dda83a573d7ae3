/** Endpoints that are deleted, and attempts that are recorded, while others hold locks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { findBatch } from '../../src/batches/batch.queries.ts';
import { cancelBatch } from '../../src/batches/cancel.ts';
import type { Db } from '../../src/db/database.ts';
import { acceptUrls } from '../support/batches.ts';
import { until } from '../support/until.ts';
import { deliver } from '../support/webhook-api.ts';
import { endBatch, type Page, register, type Setup, setUpWebhooks } from '../support/webhook-setup.ts';

async function untilWaiting(db: Db, count: number): Promise<void> {
  await until(async () => {
    const { rows } = await sql`
      select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`.execute(
      db,
    );
    return rows.length === count;
  });
}

async function attemptsOf({ services }: Setup): Promise<number> {
  const { rows } = await sql<{ attempts: number }>`
    select sum(attempts)::integer as attempts from webhook_deliveries where state = 'delivered'`.execute(
    services.database.db,
  );
  return rows[0]?.attempts ?? 0;
}

test('a batch ends while an endpoint is being deleted', async () => {
  await using setup = await setUpWebhooks();
  const { services, api, receiver } = setup;
  const { db } = services.database;
  await register(api, { url: `${receiver.url}/deleted` });
  const batch = await acceptUrls(services, ['https://a.example/1.jpg']);
  let ended: Promise<unknown> = Promise.resolve();
  await db.transaction().execute(async (trx) => {
    await sql`delete from webhook_endpoints`.execute(trx);
    ended = cancelBatch(db, batch, services.feed);
    await untilWaiting(db, 1);
  });
  assert.ok(await ended);
});

test('an endpoint is deleted while an attempt at it is recorded', async () => {
  await using setup = await setUpWebhooks(() => 500);
  const { services, api, receiver } = setup;
  const { db } = services.database;
  const { id } = await register(api, { url: `${receiver.url}/failing` });
  await sql`
    create function wait() returns trigger language plpgsql as $$
    begin
      perform pg_advisory_xact_lock(1);
      return new;
    end $$;
    create trigger wait before insert on webhook_attempts for each row execute function wait();
  `.execute(db);
  await endBatch(services);
  await using _ = deliver(services);
  let deleted: Promise<{ status: number }> | undefined;
  await db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(1)`.execute(trx);
    await receiver.until('/failing', 1);
    await untilWaiting(db, 1);
    deleted = api.ask('DELETE', `/v1/webhooks/${id}`);
    await untilWaiting(db, 2);
  });
  assert.equal((await deleted)?.status, 204);
  assert.deepEqual((await api.ask<Page<object>>('GET', '/v1/deliveries')).body.items, []);
});

test('an attempt that cannot be recorded for a moment is not made again', async () => {
  await using setup = await setUpWebhooks();
  const { services, api, receiver } = setup;
  const { db } = services.database;
  await register(api, { url: `${receiver.url}/once` });
  await sql`
    create sequence records;
    create function fail_once() returns trigger language plpgsql as $$
    begin
      if nextval('records') = 1 then raise exception 'in the way' using errcode = '55P03'; end if;
      return new;
    end $$;
    create trigger fail_once before insert on webhook_attempts for each row execute function fail_once();
  `.execute(db);
  await endBatch(services);
  await using _ = deliver(services);
  await until(async () => (await attemptsOf(setup)) === 1);
  assert.equal(receiver.received.length, 1);
});

test('an attempt is recorded while its batch is locked, and shown afterwards', async () => {
  await using setup = await setUpWebhooks();
  const { services, api, receiver } = setup;
  const { db } = services.database;
  await register(api, { url: `${receiver.url}/hook` });
  const batch = await endBatch(services);
  const before = await findBatch(db, batch);
  await using _ = deliver(services);
  await db.transaction().execute(async (trx) => {
    await sql`select from batches where batch_id = ${batch.batchId} for update`.execute(trx);
    await until(async () => (await attemptsOf(setup)) === 1, 8_000);
  });
  await until(async () => Number((await findBatch(db, batch))?.version) > Number(before?.version));
});

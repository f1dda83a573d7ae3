import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { countHosts, type HostFilterState, listHosts, putHost } from '../../src/hosts/host.queries.ts';
import { newServices } from '../support/batches.ts';

const UNCHANGED = { ceiling: undefined, heldUntil: undefined, headers: undefined };

test('hosts are counted by state; a slow one is open too', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const names = ['fast', 'new', 'slow', 'held', 'held-and-slow', 'parked', 'gone'].map(
    (name) => `${name}.example`,
  );
  for (const host of names) await putHost(db, { tenantId: 1, host }, UNCHANGED);
  await sql`
    update hosts set
      latency_ms = case when host like '%slow%' then 6000 when host = 'new.example' then null else 80 end,
      held_until = case when host like 'held%' or host in ('parked.example', 'gone.example') then now() + interval '1 hour' end,
      connect_failures = case when host in ('parked.example', 'gone.example') then 20 else 0 end,
      parkings = case when host = 'gone.example' then 4 else 0 end
    where tenant_id = 1`.execute(db);
  const found = async (...states: HostFilterState[]): Promise<string[]> =>
    (await listHosts(db, { tenantId: 1, states, after: '', limit: 100, hostConcurrency: 32 })).map(
      ({ host, is_slow }) => (is_slow ? `${host}, slow` : host),
    );
  assert.deepEqual(await found('slow'), ['slow.example, slow']);
  assert.deepEqual(await found('open'), ['fast.example', 'new.example', 'slow.example, slow']);
  assert.deepEqual(await found('slow', 'parked', 'given_up'), [
    'gone.example',
    'parked.example',
    'slow.example, slow',
  ]);
  assert.deepEqual(await countHosts(db, { tenantId: 1 }), {
    open: 3,
    slow: 1,
    held: 2,
    parked: 1,
    given_up: 1,
  });
  assert.deepEqual(await countHosts(db, { tenantId: 1, part: 'HELD' }), {
    open: 0,
    slow: 0,
    held: 2,
    parked: 0,
    given_up: 0,
  });
  assert.equal((await countHosts(db, { tenantId: 2 })).open, 0);
});

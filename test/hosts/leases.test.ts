import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { sql } from 'kysely';
import { exchangePermits, type PermitGrant } from '../../src/hosts/leases.ts';
import type { Services } from '../../src/services.ts';
import { newServices } from '../support/batches.ts';

const HOST = 'a.example';

/** A worker that requests permits of one host for a tenant, and uses what it gets. */
function lessee({ database }: Services, tenantId: number, workerId: string = randomUUID()) {
  let open = 0;
  return async (wanted: number): Promise<PermitGrant> => {
    open = Math.min(open, wanted);
    const requests = [{ tenantId, host: HOST, open, kept: open, wanted }];
    const [grant] = await exchangePermits(database, workerId, { requests, hostConcurrency: 32 });
    assert.ok(grant);
    open = Math.max(open, Math.min(grant.permits, wanted));
    return grant;
  };
}

async function addHost(
  { database }: Services,
  tenantId: number,
  permits: number,
  held = false,
): Promise<void> {
  await sql`
    insert into hosts (tenant_id, host, places, held_until, secret_headers, header_names, headers_fingerprint)
    values (${tenantId}, ${HOST}, ${permits}, case when ${held} then now() + interval '1 hour' end, 'sealed', '{cookie}', ${`of ${tenantId}`})`.execute(
    database.db,
  );
}

test('all tenants together share the permits of a host', async () => {
  await using services = await newServices();
  await addHost(services, 1, 32);
  await addHost(services, 2, 32);
  const worker = randomUUID();
  const [first, second] = [lessee(services, 1, worker), lessee(services, 2, worker)];
  assert.equal((await first(100)).permits, 32);
  assert.equal((await second(100)).permits, 0, 'the same worker, for another tenant');
  assert.equal(
    (await first(100)).permits,
    16,
    'another worker waits, so this one gets no more until it is within its half',
  );
  assert.equal((await first(10)).permits, 14);
  assert.equal((await second(100)).permits, 18);
  assert.equal((await first(100)).permits, 14);
});

test('a host serves many tenants with as many downloads as one', async () => {
  await using services = await newServices();
  await addHost(services, 1, 6);
  await addHost(services, 2, 8);
  const tenants = [1, 2, 3].map((tenantId) => lessee(services, tenantId));
  const round = async (...leases: typeof tenants): Promise<number[]> => {
    const granted: number[] = [];
    for (const lease of leases) {
      await lease(1); // its other downloads have ended
      granted.push((await lease(4)).permits);
    }
    return granted;
  };
  for (let n = 0; n < 4; n += 1) await round(...tenants);
  assert.deepEqual(await round(...tenants), [3, 3, 2]);
  const [first, second, third] = tenants;
  assert.ok(first && second && third);
  await second(0);
  for (let n = 0; n < 4; n += 1) await round(first, third);
  assert.deepEqual(await round(first, third), [3, 3], 'the limit of a tenant that has left counts no longer');
});

test('a tenant with a low limit at a host takes nothing from another tenant, and is not starved by it', async () => {
  await using services = await newServices();
  await addHost(services, 1, 2);
  await addHost(services, 2, 32);
  const [slow, fast] = [lessee(services, 1), lessee(services, 2)];
  assert.equal((await slow(100)).permits, 2);
  assert.equal((await fast(100)).permits, 30);
  assert.equal((await slow(100)).permits, 2);
  assert.equal((await fast(100)).permits, 30);
});

test('holds and headers of a host belong to one tenant', async () => {
  await using services = await newServices();
  await addHost(services, 1, 6, true);
  await addHost(services, 2, 6);
  const [held, free] = [await lessee(services, 1)(1), await lessee(services, 2)(1)];
  assert.ok(held.heldMs > 0);
  assert.equal(free.heldMs, 0);
  assert.deepEqual([held.headers?.fingerprint, free.headers?.fingerprint], ['of 1', 'of 2']);
});

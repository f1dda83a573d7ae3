import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { recordOutcomes } from '../../src/hosts/host-feedback.ts';
import { type HostOutcome, hostOutcomeOf } from '../../src/hosts/host-outcome.ts';
import { sweep } from '../../src/batches/sweep.ts';
import { ImageProblem } from '../../src/pipeline/problems.ts';
import { acceptUrls, claim, newServices } from '../support/batches.ts';

const HOST = 'a.example';
type Services = Awaited<ReturnType<typeof newServices>>;

function outcomes(count: number, fields: Partial<HostOutcome>): HostOutcome[] {
  const one = {
    tenantId: 1,
    host: HOST,
    is: 'answered',
    latencyMs: 100,
    isLimited: true,
    problem: undefined,
  };
  return Array.from({ length: count }, () => ({ ...one, ...fields }) as HostOutcome);
}

const refused = { is: 'refused', problem: new ImageProblem('rate_limited', 'HTTP 429') } as const;
const unreachable = {
  is: 'unreachable',
  latencyMs: null,
  problem: new ImageProblem('connect_failed'),
} as const;

async function record({ database }: Services, ...groups: HostOutcome[][]): Promise<void> {
  for (const group of groups) await recordOutcomes(database.db, group, 32);
}

async function hostOf({ database }: Services) {
  const { rows } = await sql<{ places: number; held_s: number; parkings: number; connect_failures: number }>`
    select places, round(extract(epoch from held_until - updated_at))::float8 as held_s, parkings, connect_failures
    from hosts where host = ${HOST}`.execute(database.db);
  return rows[0];
}

async function letTimePass({ database }: Services, seconds: number): Promise<void> {
  await sql`
    update hosts set held_until = held_until - ${seconds} * interval '1 second',
      halved_at = halved_at - ${seconds} * interval '1 second'`.execute(database.db);
}

test('permits double while they are the bottleneck, and stay as they are where they are not', async () => {
  await using services = await newServices();
  await record(services, outcomes(6, {}));
  assert.equal((await hostOf(services))?.places, 12);
  await record(services, outcomes(50, {}));
  assert.equal((await hostOf(services))?.places, 24);
  await record(services, outcomes(50, { isLimited: false }));
  assert.equal((await hostOf(services))?.places, 24);
  await record(services, outcomes(50, {}));
  assert.equal((await hostOf(services))?.places, 32, 'the ceiling');
});

test('permits do not grow while the latency of a host rises', async () => {
  await using services = await newServices();
  await record(services, outcomes(1, {}), outcomes(10, { latencyMs: 1_000 }));
  const { places } = (await hostOf(services)) ?? {};
  await record(services, outcomes(50, { latencyMs: 1_000 }));
  assert.equal((await hostOf(services))?.places, places);
});

test('a timeout halves permits, downloads that were open then do not halve them again, and they grow by one', async () => {
  await using services = await newServices();
  const timedOut = {
    is: 'timed_out',
    latencyMs: null,
    problem: new ImageProblem('download_timeout'),
  } as const;
  await record(services, outcomes(6, {}), outcomes(1, timedOut));
  assert.equal((await hostOf(services))?.places, 6);
  await record(services, outcomes(3, timedOut));
  assert.equal((await hostOf(services))?.places, 6);
  await record(services, outcomes(6, {}));
  assert.equal((await hostOf(services))?.places, 7);
  for (let i = 0; i < 5; i += 1) {
    await letTimePass(services, 6);
    await record(services, outcomes(1, timedOut));
  }
  assert.equal((await hostOf(services))?.places, 2, 'the minimum');
});

test('holds without Retry-After double from 30 s to an hour, once for all downloads that were open', async () => {
  await using services = await newServices();
  const holds: (number | undefined)[] = [];
  for (let i = 0; i < 9; i += 1) {
    await record(services, outcomes(3, refused));
    holds.push((await hostOf(services))?.held_s);
    await record(services, outcomes(2, refused), outcomes(1, {}));
    await letTimePass(services, 3_700);
  }
  assert.deepEqual(holds, [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
  await record(services, outcomes(1, {}), outcomes(1, refused));
  assert.equal((await hostOf(services))?.held_s, 30, 'it has answered in between');
  const asked = new ImageProblem('rate_limited', 'HTTP 429', { holdHostMs: 120_000, retryAfterMs: 120_000 });
  await record(services, outcomes(1, { is: 'refused', problem: asked }));
  assert.equal((await hostOf(services))?.held_s, 120);
});

test('a host is parked by 20 failures in a row, and not by 19 and an answer', async () => {
  await using services = await newServices();
  await record(services, outcomes(19, unreachable), outcomes(1, {}), outcomes(19, unreachable));
  assert.deepEqual((await hostOf(services))?.parkings, 0);
  await record(services, outcomes(1, unreachable));
  const { held_s, parkings, connect_failures } = (await hostOf(services)) ?? {};
  assert.deepEqual([held_s, parkings, connect_failures], [60, 1, 20]);
  await record(services, outcomes(3, unreachable));
  assert.equal((await hostOf(services))?.parkings, 1, 'these were open when the host was parked');
  await letTimePass(services, 61);
  await record(services, outcomes(1, {}));
  assert.equal((await hostOf(services))?.connect_failures, 0);
});

test('an aborted download is no evidence about its host, and a missing image is an answer', () => {
  const download = { tenantId: 1, host: HOST, latencyMs: null, isLimited: false };
  assert.equal(hostOutcomeOf(download, undefined), undefined);
  assert.equal(hostOutcomeOf(download, new ImageProblem('address_denied')), undefined);
  assert.equal(hostOutcomeOf({ ...download, latencyMs: 5 }, new ImageProblem('not_found'))?.is, 'answered');
  assert.equal(hostOutcomeOf(download, new ImageProblem('dns_failed'))?.is, 'unreachable');
});

test('images of a host on hold are not claimed before the hold ends', async () => {
  await using services = await newServices();
  const { db } = services.database;
  await record(services, outcomes(1, refused));
  await acceptUrls(services, [`https://${HOST}/1.jpg`]);
  await sweep(db, services.feed);
  assert.deepEqual(await claim(services, 1), []);
  await letTimePass(services, 31);
  await sweep(db, services.feed);
  assert.equal((await claim(services, 1)).length, 1);
});

test('the outcomes of one tenant do not change the host of another', async () => {
  await using services = await newServices();
  await record(services, outcomes(1, {}));
  await record(services, [...outcomes(1, refused), ...outcomes(6, { tenantId: 2 })]);
  const { rows } = await sql<{ tenant_id: number; places: number; is_held: boolean }>`
    select tenant_id, places, held_until is not null as is_held from hosts where host = ${HOST} order by tenant_id`.execute(
    services.database.db,
  );
  assert.deepEqual(rows, [
    { tenant_id: 1, places: 3.5, is_held: true },
    { tenant_id: 2, places: 12, is_held: false },
  ]);
});

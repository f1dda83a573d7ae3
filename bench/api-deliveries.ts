import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { pino } from 'pino';
import { DEFAULT_TENANT } from '../src/access/tenants.ts';
import { readConfig } from '../src/config.ts';
import type { Db } from '../src/db/database.ts';
import { openServices, type Services } from '../src/services.ts';
import { writeEvents } from '../src/webhooks/events.ts';
import { startMinilab } from '../test/support/minilab.ts';
import type { ApiRig } from './api-rig.ts';

/** Deliveries a second, from the commit of the events to the last answer. */
export type Deliveries = {
  deliveries: number;
  to_one_endpoint_per_second: number;
  to_20_endpoints_per_second: number;
  /** of 20 endpoints to one */
  ratio: number;
};

const DELIVERIES = 500;
const ENDPOINTS = 20;

/** Writes many events at once, for one endpoint and then for twenty, which answer at once. */
export async function measureDeliveries({ origin, newSettings }: ApiRig): Promise<Deliveries> {
  await using stack = new AsyncDisposableStack();
  const settings = await newSettings('deliveries');
  const minilab = stack.use(await startMinilab('serve', settings));
  const services = await openServices(readConfig(settings), settings.DATABASE_URL, pino({ level: 'silent' }));
  stack.defer(() => services.close());
  await register(minilab.url, `${origin.url}/0`);
  await rate(services, DELIVERIES / 10); // the code is compiled
  const toOne = await rate(services, DELIVERIES);
  for (let i = 1; i < ENDPOINTS; i += 1) await register(minilab.url, `${origin.url}/${i}`);
  const toAll = await rate(services, DELIVERIES / ENDPOINTS);
  return {
    deliveries: DELIVERIES,
    to_one_endpoint_per_second: toOne,
    to_20_endpoints_per_second: toAll,
    ratio: toAll / toOne,
  };
}

async function register(url: string, receiver: string): Promise<void> {
  const response = await fetch(`${url}/v1/webhooks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: receiver }),
  });
  if (response.status !== 201) throw new Error(await response.text());
}

/** Writes so many events for all endpoints. @returns deliveries a second */
async function rate({ database: { db }, queue }: Services, events: number): Promise<number> {
  const before = await delivered(db);
  const written = Array.from({ length: events }, () => ({
    tenantId: DEFAULT_TENANT,
    type: 'batch.completed' as const,
    at: new Date(),
    payload: {},
  }));
  await db.transaction().execute((trx) => writeEvents(trx, written, queue));
  const startedAt = performance.now();
  while (await isPending(db)) await sleep(20);
  return (1000 * ((await delivered(db)) - before)) / (performance.now() - startedAt);
}

async function isPending(db: Db): Promise<boolean> {
  const { rows } = await sql`select from webhook_deliveries where state = 'pending' limit 1`.execute(db);
  return rows.length > 0;
}

async function delivered(db: Db): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::float8 as count from webhook_deliveries where state = 'delivered'`.execute(db);
  return rows[0]?.count ?? 0;
}

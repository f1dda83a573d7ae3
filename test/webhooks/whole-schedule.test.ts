/** The schedule of days, by the clock of the database: its times are moved, and nothing waits. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { Services } from '../../src/services.ts';
import { DEFAULT_SCHEDULE } from '../../src/webhooks/schedule.ts';
import { newServices } from '../support/batches.ts';
import { startOrigin } from '../support/origin.ts';
import { until } from '../support/until.ts';
import { deliver, startWebhookApi } from '../support/webhook-api.ts';
import { endBatch, register } from '../support/webhook-setup.ts';

type Waiting = { state: string; attempts: number; wait_ms: number | null };

/** The delivery after so many attempts. `wait_ms`: until the next one, by the clock of the database. */
async function after({ database }: Services, attempts: number): Promise<Waiting> {
  let found: Waiting | undefined;
  await until(async () => {
    const { rows } = await sql<Waiting>`
      select d.state, d.attempts, (extract(epoch from d.next_attempt_at - a.at) * 1000)::float8 as wait_ms
      from webhook_deliveries d
      join webhook_attempts a using (tenant_id, delivery_id)
      where a.attempt = ${attempts}`.execute(database.db);
    found = rows[0];
    return found !== undefined;
  });
  assert.ok(found);
  return found;
}

/** As if the wait were over. */
async function passWait({ database }: Services): Promise<void> {
  await sql`update webhook_deliveries set next_attempt_at = now() where state = 'pending'`.execute(
    database.db,
  );
  await sql`
    update pgboss.job set start_after = now() where name = 'deliver_webhook' and state = 'created'`.execute(
    database.db,
  );
}

/** The waits after each attempt. @param answer the status and the Retry-After of an attempt, from 1 */
async function waitsWith(
  answer: (attempt: number) => { status: number; retryAfter?: string },
): Promise<(number | null)[]> {
  await using services = await newServices();
  await using api = await startWebhookApi(services);
  let attempt = 0;
  await using receiver = await startOrigin(() => (_request, response) => {
    const { status, retryAfter } = answer((attempt += 1));
    response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end();
  });
  await register(api, { url: `${receiver.url}/hook`, event_types: ['batch.cancelled'] });
  await using _ = deliver(services, { schedule: [...DEFAULT_SCHEDULE] });
  await endBatch(services);
  const waits: (number | null)[] = [];
  for (let attempts = 1; ; attempts += 1) {
    const { state, wait_ms } = await after(services, attempts);
    waits.push(wait_ms);
    if (state !== 'pending') return waits;
    await passWait(services);
  }
}

test('an endpoint that always fails gets ten attempts in three days, each at its time', async () => {
  const waits = await waitsWith(() => ({ status: 500 }));
  assert.equal(waits.length, 10);
  assert.equal(waits.at(-1), null);
  for (const [i, wait] of waits.slice(0, -1).entries()) {
    const base = DEFAULT_SCHEDULE[i + 1] ?? 0;
    assert.ok(wait !== null && Math.abs(wait - base) <= 0.2 * base + 1_000, `${i}: ${wait} for ${base}`);
  }
});

test('Retry-After counts from one to two times the scheduled wait, and a 429 waits a minute at least', async () => {
  const answers = [
    { status: 429 },
    { status: 503, retryAfter: '400' },
    { status: 503, retryAfter: '99999' },
    { status: 503, retryAfter: '1' },
    { status: 204 },
  ];
  const waits = await waitsWith((attempt) => answers[attempt - 1] ?? { status: 204 });
  const expected = [60, 400, 3_600, 7_200];
  assert.equal(waits.length, 5);
  for (const [i, seconds] of expected.entries())
    assert.ok(Math.abs((waits[i] ?? 0) / 1_000 - seconds) < 1, `${i}: ${waits[i]}`);
});

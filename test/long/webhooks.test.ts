/** Webhooks whose receivers fail, hang and break off while their sender is killed, again and again. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { Webhook } from 'standardwebhooks';
import { type Db, openDatabase } from '../../src/db/database.ts';
import { startQueue } from '../../src/queue/queue.ts';
import { addCallbackEndpoint } from '../../src/webhooks/endpoints.ts';
import { writeEvents } from '../../src/webhooks/events.ts';
import { newSecret } from '../../src/webhooks/signing.ts';
import { newUuid } from '../../src/ids.ts';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { startMinilab } from '../support/minilab.ts';
import { ANSWERS_OF_RUN } from '../support/record-answers.ts';
import { startOrigin } from '../support/origin.ts';
import { random } from '../support/random.ts';
import { until } from '../support/until.ts';

const ENDPOINTS = 20;
const EVENTS_OF_EACH = Number(process.env['LONG_EVENTS'] ?? 2_000) / ENDPOINTS;
const KILLS = EVENTS_OF_EACH / 5;

type Message = { path: string; id: string; body: string; isVerified: boolean; answered: number };

/** Of ten messages, one is answered with an error, one never, and the connection of one breaks off. */
function startFailingReceivers(secrets: Map<string, string>) {
  const dice = random(Number(process.env['CHAOS_SEED'] ?? 14));
  const heard: Message[] = [];
  const answers: Record<number, (response: ServerResponse) => number> = {
    1: (response) => (response.writeHead(500).end('no'), 500),
    2: () => 0,
    3: (response) => (response.destroy(), 0),
  };
  return startOrigin((path) => async (request, response) => {
    const body = await text(request);
    const headers = request.headers as Record<string, string>;
    const answer = answers[dice.upTo(10)] ?? ((good: ServerResponse) => (good.writeHead(204).end(), 204));
    const id = headers['webhook-id'] ?? '';
    heard.push({
      path,
      id,
      body,
      isVerified: verifies(secrets.get(path), body, headers),
      answered: answer(response),
    });
  }).then((origin) => Object.assign(origin, { heard }));
}

function verifies(secret: string | undefined, body: string, headers: Record<string, string>): boolean {
  try {
    new Webhook(secret ?? '').verify(body, headers);
    return true;
  } catch {
    return false;
  }
}

async function deliveriesIn(db: Db, state: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) from webhook_deliveries where state = ${state}`.execute(db);
  return rows[0]?.count ?? 0;
}

/** The minute after a time-out is over. */
async function passTime(db: Db): Promise<void> {
  await sql`
    update pgboss.job set start_after = now()
    where name = 'deliver_webhook' and state = 'created' and start_after > now() + interval '5 seconds'`.execute(
    db,
  );
}

test(`${ENDPOINTS * EVENTS_OF_EACH} events reach receivers that fail 30 % of the time while their sender is killed ${KILLS} times`, async () => {
  await using folder = await newFolder();
  const url = await migratedDatabase();
  const database = openDatabase(url);
  const { db } = database;
  const queue = await startQueue(database, () => {});
  const secrets = new Map<string, string>();
  await using receivers = await startFailingReceivers(secrets);
  const written = new Set<string>();
  for (let i = 0; i < ENDPOINTS; i += 1) {
    const secret = newSecret();
    secrets.set(`/${i}`, secret);
    const id = await addCallbackEndpoint(db, 1, { url: `${receivers.url}/${i}`, secret });
    const events = Array.from({ length: EVENTS_OF_EACH }, (_, n) => {
      written.add(`/${i} ${n}`);
      const batch = { id: newUuid(), callbackEndpointId: id };
      return {
        tenantId: 1,
        type: 'batch.completed' as const,
        at: new Date(),
        payload: { to: `/${i} ${n}`, ö: '😀' },
        batch,
      };
    });
    await db.transaction().execute((trx) => writeEvents(trx, events, queue));
  }
  const settings = {
    DATABASE_URL: url,
    DATA_DIR: folder.path,
    WORKER_CORES: '1',
    WEBHOOK_TIMEOUT: '1s',
    [ANSWERS_OF_RUN]: '', // these events are made up, and not as the document says
    WEBHOOK_SCHEDULE: `0${',1s'.repeat(49)}`,
  };
  for (let killed = 0; killed < KILLS; killed += 1) {
    await using worker = await startMinilab('worker', settings);
    const before = receivers.heard.length;
    await until(() => receivers.heard.length > before + 10 + killed, 60_000);
    await sleep(killed * 25); // elsewhere in its work each time
    worker.child.kill('SIGKILL');
    await worker.ended;
    await passTime(db);
  }
  assert.ok((await deliveriesIn(db, 'pending')) > 0, 'it was killed while there was work');
  {
    await using _ = await startMinilab('worker', settings);
    await until(
      async () => {
        await passTime(db);
        return (await deliveriesIn(db, 'delivered')) === ENDPOINTS * EVENTS_OF_EACH;
      },
      240_000,
      'the delivery of all',
    );
  }
  const { heard } = receivers;
  assert.ok(heard.every(({ isVerified }) => isVerified));
  const byId = Map.groupBy(heard, ({ id }) => id);
  assert.equal(byId.size, ENDPOINTS * EVENTS_OF_EACH);
  for (const messages of byId.values()) {
    assert.equal(new Set(messages.map(({ path, body }) => `${path} ${body}`)).size, 1, 'the same bytes');
    assert.ok(messages.some(({ answered }) => answered === 204));
    const [first] = messages;
    written.delete((JSON.parse(first?.body ?? '') as { data: { to: string } }).data.to);
  }
  assert.equal(written.size, 0);
  await queue.stop();
  await db.destroy();
});

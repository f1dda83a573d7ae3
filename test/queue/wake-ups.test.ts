import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import { startPump } from '../../src/queue/pump.ts';
import { announceTasks, WakeUps } from '../../src/queue/wake-ups.ts';
import { configureEndpoint } from '../../src/webhooks/endpoints.ts';
import { newSecret } from '../../src/webhooks/signing.ts';
import { acceptUrls, claim, failed, newServices, record, silent } from '../support/batches.ts';
import { until } from '../support/until.ts';

const NEVER_MS = 2 ** 31 - 1;

type Services = Awaited<ReturnType<typeof newServices>>;

/** A pump that looks once, and then only when it is woken. `taken`: ids of its tasks. */
function sleepyPump({ queue }: Services, wakeUps: WakeUps) {
  const taken: string[] = [];
  const pump = startPump<'process_image', string, void>({
    queue,
    name: 'process_image',
    capacity: 100,
    pollMs: NEVER_MS,
    wakeUps,
    claim: async (tasks) => new Map(tasks.map(({ id }) => [id, id])),
    async handle(id) {
      taken.push(id);
    },
    record: async (finished) =>
      void (await queue.remove(
        'process_image',
        finished.map(({ task }) => task),
      )),
    log: silent,
  });
  return { pump, taken };
}

/** What is heard of new tasks, from now on. */
async function hearing({ database }: Services) {
  const heard: string[] = [];
  const started = Promise.withResolvers<void>();
  const listening = database.listen('minilab_tasks', {
    onNotice: (name) => heard.push(name),
    onStart: started.resolve,
  });
  await started.promise;
  return {
    /** What was heard since the last call. Notices arrive in the order of their commits. */
    async heard(): Promise<string[]> {
      await sql`select pg_notify('minilab_tasks', 'end')`.execute(database.db);
      await until(() => heard.at(-1) === 'end');
      return heard.splice(0).slice(0, -1);
    },
    [Symbol.asyncDispose]: () => listening.stop(),
  };
}

test('an idle pump gets new tasks without a poll, also those of a time in which its connection was lost', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const wakeUps = new WakeUps(services.database, () => 1);
  const { pump, taken } = sleepyPump(services, wakeUps);
  await until(() => wakeUps.rules.isWoken());
  await acceptUrls(services, ['https://a.example/1.jpg', 'https://a.example/2.jpg']);
  await until(() => taken.length === 2);

  await until(() => pump.inHand() === 0);
  await sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'minilab wake-ups'`.execute(db);
  await until(() => !wakeUps.rules.isWoken());
  await acceptUrls(services, ['https://a.example/3.jpg']);
  await until(() => taken.length === 3);
  await until(() => wakeUps.rules.isWoken());
  await wakeUps.stop();
  await pump.stop(0);
});

test('one wake-up is sent for all images of an upload, none while results feed more of them, and one for the events of a group', async () => {
  await using services = await newServices();
  const { db } = services.database;
  await configureEndpoint(db, 1, { url: 'https://hook.example/', secret: newSecret() });
  await using listener = await hearing(services);
  const urls = Array.from({ length: 100 }, (_, i) => `https://a${i % 20}.example/${i}.jpg`);
  await acceptUrls(services, urls);
  assert.deepEqual(await listener.heard(), ['process_image']);
  const rolledBack = db.transaction().execute(async (trx) => {
    await announceTasks(trx, 'process_image');
    throw new Error('rolled back');
  });
  await assert.rejects(rolledBack);
  assert.deepEqual(await listener.heard(), []);
  for (let left = urls.length; left > 0;) {
    const claimed = await claim(services, 50);
    left -= claimed.length;
    await record(
      services,
      claimed.map(({ task, image }) => ({ task, result: failed(image) })),
    );
    assert.deepEqual(await listener.heard(), left > 0 ? [] : ['deliver_webhook']);
  }
});

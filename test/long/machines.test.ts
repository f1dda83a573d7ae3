/** Workers on other machines, whose clocks are wrong: what they are called, and what becomes of their work. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newSecret } from '../../src/webhooks/signing.ts';
import { shiftedBy } from '../support/clocks.ts';
import { newDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { type Batch, json, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { startOrigin } from '../support/origin.ts';
import { smallPicture } from '../support/pictures.ts';
import { until } from '../support/until.ts';

type Workers = {
  items: {
    machine: string;
    slots: number;
    in_hand: number;
    version: string;
    paused_because: string[];
    started_at: string;
    seen_at: string;
  }[];
  slots: number;
};

/** Clocks of the tests' own machine are right. */
function isNow(time: string | null | undefined): void {
  assert.ok(Math.abs(Date.parse(time ?? '') - Date.now()) < 120_000, `${time} is not now`);
}

test('workers of other machines are listed by name, and an hour on their clocks changes nothing', async () => {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await newFolder());
  const picture = await smallPicture(1);
  const origin = stack.use(
    await startOrigin((path) => (_request, response) => {
      const isFirst = origin.requests.get(path) === 1;
      if (path === '/late.jpg' && isFirst) response.writeHead(500).end(); // it is tried again after seconds
      else if (path === '/busy.jpg' && isFirst) response.writeHead(503, { 'retry-after': '1' }).end();
      else response.end(picture);
    }),
  );
  const told = Promise.withResolvers<string>();
  const receiver = stack.use(
    await startOrigin((path) => async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      response.writeHead((receiver.requests.get(path) ?? 0) < 2 ? 500 : 200).end();
      if (response.statusCode === 200) told.resolve(body);
    }),
  );
  const settings = {
    DATA_DIR: folder.path,
    DATABASE_URL: await newDatabase(),
    WEBHOOK_URL: `${receiver.url}/hook`,
    WEBHOOK_SECRET: newSecret(),
    WEBHOOK_SCHEDULE: '0,100ms',
    WORKER_CORES: '1',
  };
  const api = stack.use(await startMinilab('serve --no-worker', settings));
  const machines = { early: 1, late: -1 };
  const workers = await Promise.all(
    Object.entries(machines).map(async ([name, hours]) =>
      stack.use(
        await startMinilab('worker', { ...settings, MACHINE_NAME: name, NODE_OPTIONS: shiftedBy(hours) }),
      ),
    ),
  );

  const { items, slots } = await json<Workers>(fetch(`${api.url}/v1/workers`));
  assert.deepEqual(
    items.map(({ machine, slots: each }) => [machine, each]),
    [
      ['early', 20],
      ['late', 20],
    ],
  );
  assert.equal(slots, 40);
  for (const { started_at, seen_at } of items) for (const time of [started_at, seen_at]) isNow(time);
  await until(async () => {
    const { items: now } = await json<Workers>(fetch(`${api.url}/v1/workers`));
    return now.every(({ paused_because }) => paused_because.length === 0);
  });

  const urls = ['good', 'late', 'busy'].map((name) => `${origin.url}/${name}.jpg`);
  const accepted = await json<Batch>(
    upload(api.url, `Image\n${urls.join('\n')}\n`, { deadline_hours: '1', name: 'clocks' }),
  );
  const batch = await untilEnded(accepted.links.self);
  assert.deepEqual([batch.counts.completed, batch.errors_by_code], [3, {}]);
  for (const time of [batch.created_at, batch.ended_at]) isNow(time);
  isNow((JSON.parse(await told.promise) as { timestamp: string }).timestamp);

  for (const [index, [name, hours]] of Object.entries(machines).entries()) {
    const lines = (workers[index]?.said() ?? '').split('\n').filter((line) => line.startsWith('{'));
    const warning = lines.find((line) => /the clock of this machine is wrong/.test(line)) ?? '{}';
    const { machine, worker, ahead_s } = JSON.parse(warning) as Record<string, unknown>;
    assert.equal(machine, name);
    assert.ok(typeof worker === 'string');
    assert.ok(Math.abs(Number(ahead_s) - hours * 3_600) < 60, `${String(ahead_s)} s`);
  }
});

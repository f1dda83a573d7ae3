/** A rolling upgrade: this version beside a newer one, which is this one with a migration more, on one database. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { MIGRATIONS } from '../../src/db/migrate.ts';
import { newSecret } from '../../src/webhooks/signing.ts';
import { completedBy } from '../support/bucket-place.ts';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import {
  type Batch,
  freePort,
  json,
  runMinilab,
  type Running,
  startMinilab,
  untilEnded,
  upload,
} from '../support/minilab.ts';
import { NEWER_MIGRATION, newerVersion } from '../support/newer-version.ts';
import { startOrigin } from '../support/origin.ts';
import { smallPicture } from '../support/pictures.ts';
import { startReceiver } from '../support/receiver.ts';
import { until } from '../support/until.ts';

const THIS = Object.keys(MIGRATIONS).toSorted().at(-1) ?? '';
const IMAGES = 40;

/** A database of this version, an origin whose answers can be held, and settings for both versions. */
async function newFleet(stack: AsyncDisposableStack) {
  const folder = stack.use(await newFolder());
  const picture = await smallPicture(3);
  const held: ServerResponse[] = [];
  let holds = false;
  const origin = stack.use(
    await startOrigin((path) => (_request, response) => {
      if (holds) held.push(response);
      else response.end(Buffer.concat([picture, Buffer.from(path)])); // what follows a JPEG makes another SHA-256
    }),
  );
  const receiver = stack.use(await startReceiver());
  let uploaded = 0;
  return {
    receiver,
    held,
    hold: () => (holds = true),
    release() {
      holds = false;
      for (const response of held) response.end(picture);
    },
    settings: {
      DATA_DIR: folder.path,
      DATABASE_URL: await migratedDatabase(),
      WORKER_CORES: '1',
      LOG_LEVEL: 'debug',
      PORT: String(await freePort()),
      WEBHOOK_URL: `${receiver.url}/hook`,
      WEBHOOK_SECRET: newSecret(),
    },
    async accept(url: string, count: number): Promise<Batch> {
      const cells = Array.from({ length: count }, () => `${origin.url}/${(uploaded += 1)}.jpg\n`);
      return json<Batch>(upload(url, `Image\n${cells.join('')}`));
    },
  };
}

type Fleet = Awaited<ReturnType<typeof newFleet>>;

/** Batches until each of these has made images of them; all images of all batches are made. */
async function workOfAll(fleet: Fleet, url: string, workers: Running[]): Promise<void> {
  const before = workers.map(completedBy);
  await until(async () => {
    const { links } = await fleet.accept(url, IMAGES);
    const { state, counts } = await untilEnded(links.self);
    assert.deepEqual([state, counts.completed], ['completed', IMAGES]);
    return workers.every((worker, i) => completedBy(worker) > (before[i] ?? 0));
  }, 120_000);
}

async function kill({ child, ended }: Running): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

test('a newer version that works with this one: both do the work, whichever came first, and back', async () => {
  await using stack = new AsyncDisposableStack();
  const fleet = await newFleet(stack);
  const newer = { ...fleet.settings, ...newerVersion(THIS) };

  const first = stack.use(await startMinilab('serve', fleet.settings));
  const second = stack.use(await startMinilab('worker', newer));
  await workOfAll(fleet, first.url, [first, second]);
  await until(() =>
    new RegExp(`${NEWER_MIGRATION} of a newer Minilab, beside which this version may work`).test(
      first.said(),
    ),
  );
  assert.equal((await fetch(`${first.url}/readyz`)).status, 200);

  await kill(first); // and it comes back beside the newer schema, as after a crash
  const again = stack.use(await startMinilab('serve', { ...fleet.settings, MIGRATE: 'false' }));
  await workOfAll(fleet, again.url, [again, second]);

  await second[Symbol.asyncDispose](); // the upgrade is taken back
  await workOfAll(fleet, again.url, [again]);
  assert.doesNotMatch(again.said(), /"level":(50|60)|claiming paused/);
});

test('a newer version that does not work with this one: this one finishes what is in hand and says why it stops', async () => {
  await using stack = new AsyncDisposableStack();
  const fleet = await newFleet(stack);
  const newer = { ...fleet.settings, ...newerVersion(NEWER_MIGRATION) };
  const why = new RegExp(`${NEWER_MIGRATION} of a newer Minilab, beside which this version must not work`);

  const old = stack.use(await startMinilab('serve', fleet.settings));
  fleet.hold();
  const begun = await fleet.accept(old.url, 2);
  await until(() => fleet.held.length === 2);
  assert.equal((await runMinilab(['migrate'], { settings: newer })).code, 0);
  await until(async () => (await fetch(`${old.url}/readyz`)).status === 503);
  await until(() => why.test(old.said()));
  const { checks } = await json<{ checks: Record<string, string> }>(fetch(`${old.url}/readyz`));
  for (const check of ['database', 'worker']) assert.match(checks[check] ?? '', why);
  fleet.release();
  assert.equal((await untilEnded(begun.links.self)).counts.completed, 2);
  assert.equal(completedBy(old), 2);
  assert.equal(fleet.receiver.received.length, 0, 'it delivers nothing either');

  const waiting = await fleet.accept(old.url, IMAGES);
  const { code, err } = await runMinilab(['worker'], { settings: fleet.settings });
  assert.equal(code, 1);
  assert.match(err, why);
  const next = stack.use(await startMinilab('worker', newer));
  assert.equal((await untilEnded(waiting.links.self)).counts.completed, IMAGES);
  assert.deepEqual([completedBy(old), completedBy(next)], [2, IMAGES]);
  await fleet.receiver.until('/hook', 2);
});

test('a server that is told to stop is not ready, and answers everything else until DRAIN_DELAY is over', async () => {
  await using stack = new AsyncDisposableStack();
  const { settings } = await newFleet(stack);
  const minilab = stack.use(await startMinilab('serve --no-worker', { ...settings, DRAIN_DELAY: '5m' }));
  assert.equal((await fetch(`${minilab.url}/readyz`)).status, 200);
  minilab.child.kill('SIGTERM');
  await until(async () => {
    const readiness = await fetch(`${minilab.url}/readyz`);
    const { checks } = await json<{ checks: Record<string, string> }>(readiness);
    return readiness.status === 503 && checks['process'] === 'it is stopping';
  });
  assert.equal((await fetch(`${minilab.url}/v1/batches`)).status, 200);
  minilab.child.kill('SIGTERM'); // the second time: at once
  assert.equal(await minilab.ended, 130);
});

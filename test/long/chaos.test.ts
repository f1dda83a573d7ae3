import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import type { Client } from 'pg';
import { newSecret } from '../../src/webhooks/signing.ts';
import { startAsking } from '../support/asking.ts';
import { freezing, killing, startAgain, stopping } from '../support/chaos-faults.ts';
import type { Dice, Wish } from '../support/chaos-load.ts';
import * as truth from '../support/chaos-truth.ts';
import { asksAllTheTime, uploading } from '../support/chaos-users.ts';
import { errorsIn, isWholeAfterAll, report } from '../support/chaos-whole.ts';
import { shiftedBy } from '../support/clocks.ts';
import { holdEmbedded } from '../support/embedded.ts';
import { FaultLog } from '../support/fault-log.ts';
import { newFolder } from '../support/folder.ts';
import { startHearing } from '../support/hearing.ts';
import { freePort, runMinilab, startMinilab } from '../support/minilab.ts';
import { startNumberedOrigin } from '../support/numbered-origin.ts';
import type { Origin } from '../support/origin.ts';
import { random } from '../support/random.ts';
import { until } from '../support/until.ts';

const SECONDS = Number(process.env['CHAOS_SECONDS'] ?? 120);
const SEED = Number(process.env['CHAOS_SEED'] ?? 12);
const ENDS_WITHIN_MS = 900_000; // when nothing goes wrong any more, on a machine that is busy with others

test(`for ${SECONDS} s workers are frozen, killed and hours off, and the database stops: none lost, none twice, one event a round, no file left, no 500`, async () => {
  await using place = await newPlace();
  const { asking, wishes } = place;
  console.log(`CHAOS_SEED=${SEED} CHAOS_SECONDS=${SECONDS}`);
  try {
    await endure(place);
    const ended = Date.now();
    await until(
      () => asking.wrong.length > 0 || wishes.every((wish) => wish.ended),
      ENDS_WITHIN_MS,
      'the end of every batch',
    );
    const drained = Math.round((Date.now() - ended) / 1000);
    assert.deepEqual(asking.wrong, []);
    const found = await isWholeAfterAll(place, (client) => filesAreTrue(place, client));
    console.log(report({ ...place.log.counts(), drained, ...found }, asking));
  } catch (error) {
    console.log(report(place.log.counts(), asking));
    const { alive, killed } = place.everyone();
    for (const { child, said } of [...alive, ...killed])
      console.log(`what process ${child.pid} said of errors:\n${errorsIn(said())}`);
    throw error;
  }
});

type Place = Awaited<ReturnType<typeof newPlace>>;

/** Servers, workers and users. */
async function newPlace() {
  await using stack = new AsyncDisposableStack();
  const dice = (part: number): Dice => random(100 * SEED + part);
  const folder = stack.use(await newFolder());
  const embedded = stack.use(await holdEmbedded(folder.path));
  const origin = stack.use(await startNumberedOrigin());
  const hearing = stack.use(await startHearing(dice(0)));
  // Another file system where there is one, so that files are copied, and copies are cut off by the kill.
  const storage =
    process.platform === 'linux' ? `/dev/shm/minilab-test-chaos-${process.pid}` : `${folder.path}/files`;
  stack.defer(() => rm(storage, { recursive: true, force: true }));
  const secret = newSecret();
  const settings = settingsOf({ folder: folder.path, storage, port: await freePort(), hearing, secret });
  const processes = stack.use(await startProcesses(settings, dice(1).pick([3, -3])));
  const asking = startAsking();
  stack.defer(asking.stop);
  const all = stack.move();
  return {
    ...{ dice, embedded, origin, hearing, storage, settings, secret, asking },
    ...processes,
    databaseUrl: embedded.url,
    everyone: () => everyoneOf(processes),
    log: new FaultLog(),
    wishes: new Array<Wish>(),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

function settingsOf(place: {
  folder: string;
  storage: string;
  port: number;
  hearing: Origin;
  secret: string;
}) {
  return {
    DATA_DIR: place.folder,
    STORAGE_URL: `file://${place.storage}`,
    PORT: String(place.port),
    PUBLIC_URL: `http://127.0.0.1:${place.port}`,
    WORKER_CORES: '1',
    HOST_CONCURRENCY: '64',
    WEBHOOK_URL: `${place.hearing.url}/all`,
    WEBHOOK_SECRET: place.secret,
    WEBHOOK_SCHEDULE: '0,500ms,1s,1s,2s,2s,4s,4s,8s,8s',
    LOG_LEVEL: 'info',
  };
}

/** `serve`, which works too, and three workers. The last of the killed ones lives. */
async function startProcesses(settings: Record<string, string>, hours: number) {
  await using stack = new AsyncDisposableStack();
  const api = stack.use(await startMinilab('serve', settings));
  const shifted = stack.use(await startMinilab('worker', { ...settings, NODE_OPTIONS: shiftedBy(hours) }));
  const frozen = stack.use(await startMinilab('worker', settings));
  stack.defer(() => void frozen.child.kill('SIGCONT')); // or it would not hear that it is to end
  const killed = [await startMinilab('worker', settings)];
  stack.defer(async () => killed.at(-1)?.[Symbol.asyncDispose]());
  const all = stack.move();
  return { api, shifted, frozen, killed, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

function everyoneOf({ api, shifted, frozen, killed }: Processes) {
  return { alive: [shifted, frozen, ...killed.slice(-1), api], killed: killed.slice(0, -1) };
}

type Processes = Awaited<ReturnType<typeof startProcesses>>;

/** The chaos. When it is over, all are well again. */
async function endure(place: Place): Promise<void> {
  const { dice, embedded, frozen, killed, log, settings } = place;
  const failed = new AbortController();
  const over = AbortSignal.any([AbortSignal.timeout(SECONDS * 1_000), failed.signal]);
  const lane = (part: number) => ({ dice: dice(part), log, over });
  const lanes = [
    freezing(frozen, 'the frozen one', lane(2)),
    killing(
      killed,
      { name: 'the killed one', start: () => startAgain(() => startMinilab('worker', settings)) },
      lane(3),
    ),
    stopping(embedded, lane(4)),
    uploading(place, { large: 5 * SECONDS, dice: dice(5), over }),
    ...asksAllTheTime(place, over),
  ];
  try {
    await Promise.all(lanes);
  } finally {
    failed.abort(); // nobody starts anything when the place is gone
    await Promise.allSettled(lanes);
  }
}

async function filesAreTrue({ settings, storage }: Place, client: Client): Promise<{ files: number }> {
  const swept = await runMinilab(['sweep-storage', '--older-than', '0s'], { settings });
  assert.equal(swept.code, 0, swept.err);
  return { files: await truth.filesAreRows(client, storage) };
}

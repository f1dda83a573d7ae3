import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { Client } from 'pg';
import { addressNow } from '../../src/db/address.ts';
import { newSecret } from '../../src/webhooks/signing.ts';
import { type Asking, startAsking } from '../support/asking.ts';
import { freezing, killing, stopping } from '../support/chaos-faults.ts';
import { type Dice, live, type Wish, wisher } from '../support/chaos-load.ts';
import * as truth from '../support/chaos-truth.ts';
import { shiftedBy } from '../support/clocks.ts';
import { holdEmbedded } from '../support/embedded.ts';
import { newFolder } from '../support/folder.ts';
import { startHearing } from '../support/hearing.ts';
import { freePort, runMinilab, startMinilab } from '../support/minilab.ts';
import { startNumberedOrigin } from '../support/numbered-origin.ts';
import type { Origin } from '../support/origin.ts';
import { random } from '../support/random.ts';
import { until } from '../support/until.ts';

const SECONDS = Number(process.env['CHAOS_SECONDS'] ?? 180);
const SEED = Number(process.env['CHAOS_SEED'] ?? 12);
const LARGE = 600;
const MOST_AT_ONCE = 25; // batches that run
const ENDS_WITHIN_MS = 300_000; // when nothing goes wrong any more

test(`for ${SECONDS} s workers are frozen, killed and hours off, and the database stops: none lost, none twice, one event a round, no file left, no 500`, async () => {
  await using place = await newPlace();
  const { asking, wishes } = place;
  try {
    const faults = await endure(place);
    const ended = Date.now();
    await until(
      () => asking.wrong.length > 0 || wishes.every((wish) => wish.ended),
      ENDS_WITHIN_MS,
      'the end of every batch',
    );
    const drained = Math.round((Date.now() - ended) / 1000);
    assert.deepEqual(asking.wrong, []);
    const found = await isWholeAfterAll(place);
    console.log(report({ ...faults, drained, ...found }, asking));
  } catch (error) {
    console.log(`chaos with CHAOS_SEED=${SEED} CHAOS_SECONDS=${SECONDS}:\n${report({}, asking)}`);
    for (const { child, said } of [place.api, place.shifted, place.frozen, ...place.killed])
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

/** The chaos. @returns how often everything happened, when it is over and all are well again */
async function endure(place: Place): Promise<{ freezes: number; kills: number; stops: number }> {
  const { dice, embedded, frozen, killed, settings } = place;
  const failed = new AbortController();
  const over = AbortSignal.any([AbortSignal.timeout(SECONDS * 1_000), failed.signal]);
  const lanes = [
    freezing(frozen, dice(2), over),
    killing(killed, settings, dice(3), over),
    stopping(embedded, dice(4), over),
    uploading(place, over),
    ...Object.entries(questions(place)).map(([name, url]) => askAllTheTime(place, { name, url, over })),
  ] as const;
  try {
    const [freezes, kills, stops] = await Promise.all(lanes);
    return { freezes, kills, stops };
  } finally {
    failed.abort(); // nobody starts anything when the place is gone
    await Promise.allSettled(lanes);
  }
}

/** New batches all the time: a large one to begin with and another in between, and many small ones. */
async function uploading(place: Place, over: AbortSignal): Promise<void> {
  const { asking, hearing, origin, settings, wishes } = place;
  const dice = place.dice(5);
  const wish = wisher(origin, dice);
  const users = { api: settings.PUBLIC_URL, origin, asking, receiver: hearing.url };
  for (let made = 0; !over.aborted; made += 1) {
    const next = wish(made % 150 === 0 ? LARGE : dice.upTo(12));
    wishes.push(next);
    live(next, users).catch((error: Error) => asking.wrong.push(error.message));
    await sleep(200 + dice.upTo(600));
    while (!over.aborted && wishes.filter(({ ended }) => !ended).length >= MOST_AT_ONCE) await sleep(50);
  }
}

/** What is asked of batches and of the server in between. */
function questions({ settings, wishes }: Place): Record<string, () => string> {
  const self = (): string => {
    const known = wishes.flatMap(({ accepted }) => accepted?.links.self ?? []);
    return known[Math.floor(Math.random() * known.length)] ?? `${settings.PUBLIC_URL}/v1/batches`;
  };
  return {
    status: self,
    'output.csv': () => `${self()}/output.csv`.replace('/batches/output.csv', '/batches'),
    batches: () => `${settings.PUBLIC_URL}/v1/batches?limit=5`,
    healthz: () => `${settings.PUBLIC_URL}/healthz`,
    readyz: () => `${settings.PUBLIC_URL}/readyz`,
  };
}

async function askAllTheTime(
  { asking }: Place,
  { name, url, over }: { name: string; url: () => string; over: AbortSignal },
): Promise<void> {
  const may = name === 'healthz' ? [200] : [200, 503];
  while (!over.aborted) {
    const answer = await asking.ask(name, url());
    if (answer && !may.includes(answer.status)) asking.wrong.push(`${name}: ${answer.status} ${answer.text}`);
    await sleep(150);
  }
}

/** @returns what was counted */
async function isWholeAfterAll(place: Place): Promise<Record<string, number>> {
  const { embedded, settings, storage, wishes, hearing, secret } = place;
  await using stack = new AsyncDisposableStack();
  const client = new Client(addressNow(embedded.url));
  await client.connect();
  stack.defer(() => client.end());
  await until(() => truth.allIsDelivered(client), 60_000, 'the last delivery');
  const pictures = await allSlotsAreRight(wishes);
  await endInGoodOrder(place);
  await truth.countersAreRows(client, wishes);
  await truth.oneEventARound(client, wishes);
  const repeated = await truth.everyEventIsHeard(client, { wishes, heard: hearing.heard, secret });
  assert.deepEqual(hearing.misdated, []);
  await truth.nothingIsLeft(client);
  const swept = await runMinilab(['sweep-storage', '--older-than', '0s'], { settings });
  assert.equal(swept.code, 0, swept.err);
  await truth.storedBytesAreTrue(client);
  const files = await truth.filesAreRows(client, storage);
  return { pictures, files, ...countedOf(wishes), beside: smallOnesGoOn(wishes), repeated };
}

/** @returns how many batches ended while the first one, which is large, still ran; all are of the same host */
function smallOnesGoOn([large, ...others]: Wish[]): number {
  const until = large?.ended?.ended_at ?? '';
  const beside = others.filter(({ ended }) => (ended?.ended_at ?? until) < until).length;
  assert.ok(beside > 0 || large?.isCancelled, 'all batches waited for the large one');
  return beside;
}

/** Nobody but those that were killed has ended before, and nobody met an error of ours. */
async function endInGoodOrder({ api, shifted, frozen, killed }: Place): Promise<void> {
  for (const running of [shifted, frozen, ...killed.slice(-1), api]) {
    assert.equal(running.child.exitCode, null, running.said());
    running.child.kill('SIGTERM');
    assert.equal(await running.ended, 0, running.said());
  }
  for (const running of [api, shifted, frozen, ...killed]) assert.equal(errorsIn(running.said()), '');
}

function countedOf(wishes: Wish[]): Record<string, number> {
  return {
    batches: wishes.length,
    images: wishes.reduce((sum, { rows }) => sum + rows.flat().length, 0),
    cancelled: wishes.filter((wish) => wish.isCancelled).length,
    rounds: wishes.reduce((sum, { rounds }) => sum + rounds, 0),
  };
}

/** @returns how many pictures were looked at */
async function allSlotsAreRight(wishes: Wish[]): Promise<number> {
  const known = new Map<string, Promise<Buffer>>();
  const pictureAt = (url: string): Promise<Buffer> => {
    const picture =
      known.get(url) ?? fetch(url).then(async (answer) => Buffer.from(await answer.arrayBuffer()));
    known.set(url, picture);
    return picture;
  };
  let pictures = 0;
  for (const wish of wishes) {
    const csv = await (await fetch(wish.accepted?.links.output_csv ?? '')).text();
    pictures += await truth.everySlotIsRight(wish, { csv, pictureAt });
  }
  return pictures;
}

/** The first lines of a log that tell of more than passing trouble. */
function errorsIn(said: string): string {
  const lines = said.split('\n').filter((line) => /^\{"level":[56]0/.test(line));
  return lines.slice(0, 20).join('\n');
}

function report(counted: Record<string, number>, { tally }: Asking): string {
  const lines = Object.entries(counted).map(([name, n]) => `${name} ${n}`);
  const answers = [...tally].toSorted(([a], [b]) => a.localeCompare(b)).map(([name, n]) => `  ${name}: ${n}`);
  return [lines.join(', '), 'answers:', ...answers].join('\n');
}

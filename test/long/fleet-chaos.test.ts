/** A fleet on one PostgreSQL and one bucket, whose machines die, freeze, and lose each other. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client } from 'pg';
import { newSecret } from '../../src/webhooks/signing.ts';
import { startAsking } from '../support/asking.ts';
import { freezing, killing, startAgain } from '../support/chaos-faults.ts';
import type { Dice, Wish } from '../support/chaos-load.ts';
import { type Progress, watchProgress } from '../support/chaos-progress.ts';
import * as truth from '../support/chaos-truth.ts';
import { asksAllTheTime, uploading } from '../support/chaos-users.ts';
import { errorsIn, isWholeAfterAll, report } from '../support/chaos-whole.ts';
import { shiftedBy } from '../support/clocks.ts';
import { FaultLog } from '../support/fault-log.ts';
import { cuttingOff, shaking, usualFault } from '../support/fleet-faults.ts';
import { newFolder } from '../support/folder.ts';
import { startHearing } from '../support/hearing.ts';
import { freePort, runMinilab, startMinilab } from '../support/minilab.ts';
import { startNumberedOrigin } from '../support/numbered-origin.ts';
import { newPostgres } from '../support/postgres.ts';
import { random } from '../support/random.ts';
import { startS3 } from '../support/s3.ts';
import { newSites } from '../support/sites.ts';
import { until } from '../support/until.ts';

const SECONDS = Number(process.env['CHAOS_SECONDS'] ?? 120);
const SEED = Number(process.env['CHAOS_SEED'] ?? 130);
const SCALE = Math.min(1, Math.max(0.15, SECONDS / 300)); // how long cuts and pauses last
const ENDS_WITHIN_MS = 900_000; // when nothing goes wrong any more, on a machine that is busy with others
const PREFIX = 'some/place/'; // of the keys in the bucket

test(`for ${SECONDS} s four workers are killed, frozen, and cut off from database and store, which stop and stall: none lost, none twice, no batch waits for a machine that is away`, async () => {
  await using place = await newPlace();
  const { asking, log, wishes } = place;
  console.log(`workers run ${place.way}; CHAOS_SEED=${SEED} CHAOS_SECONDS=${SECONDS}`);
  try {
    const watching = new AbortController();
    const progress = watchProgress(place.databaseUrl, log, watching.signal);
    await endure(place);
    const overAt = log.now();
    await until(
      () => asking.wrong.length > 0 || wishes.every((wish) => wish.ended),
      ENDS_WITHIN_MS,
      'the end of every batch',
    );
    const drained = Math.round((log.now() - overAt) / 1000);
    watching.abort();
    assert.deepEqual(asking.wrong, []);
    const found = await isWholeAfterAll(place, (client) => filesAreTrue(place, client));
    console.log(report({ ...log.counts(), drained, ...found, ...inWords(await progress) }, asking));
    assert.deepEqual((await progress).stood, []);
  } catch (error) {
    console.log(report(log.counts(), asking));
    console.log(await unfinishedOf(place).catch(String));
    const { alive, killed } = place.everyone();
    for (const { child, said } of [...alive, ...killed])
      console.log(`what process ${child.pid} said of errors:\n${errorsIn(said())}`);
    throw error;
  }
});

type Place = Awaited<ReturnType<typeof newPlace>>;

/** What machines share, the machines, and users. */
async function newPlace() {
  await using stack = new AsyncDisposableStack();
  const dice = (part: number): Dice => random(100 * SEED + part);
  const shared = stack.use(await newShared(dice(0)));
  const settings = await settingsOf(shared);
  const fleet = stack.use(await startFleet(shared, settings, dice(1).pick([1, -1])));
  const asking = startAsking();
  stack.defer(asking.stop);
  const all = stack.move();
  return {
    ...shared,
    ...fleet,
    ...{ dice, settings, asking, log: new FaultLog(), wishes: new Array<Wish>() },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

type Shared = Awaited<ReturnType<typeof newShared>>;

async function newShared(dice: Dice) {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await newFolder());
  const sites = stack.use(newSites());
  const postgres = stack.use(await newPostgres(sites.postgres));
  const s3 = stack.use(await startS3({ host: sites.addressOn('store') }));
  s3.fault = usualFault(sites);
  const origin = stack.use(await startNumberedOrigin(sites.addressOn('rest')));
  const hearing = stack.use(await startHearing(dice, sites.addressOn('rest')));
  const all = stack.move();
  return {
    ...{ folder: folder.path, sites, way: sites.way, postgres, s3, origin, hearing },
    databaseUrl: await postgres.newDatabase(),
    secret: newSecret(),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Of `serve`, and what all workers have in common. */
async function settingsOf({ folder, databaseUrl, s3, hearing, secret }: Shared) {
  const port = await freePort();
  return {
    DATA_DIR: `${folder}/api`,
    DATABASE_URL: databaseUrl,
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8,10.0.0.0/8',
    WORKER_CORES: '1',
    HOST_CONCURRENCY: '64',
    WEBHOOK_URL: `${hearing.url}/all`,
    WEBHOOK_SECRET: secret,
    WEBHOOK_SCHEDULE: '0,500ms,1s,1s,2s,2s,4s,4s,8s,8s',
    LOG_LEVEL: 'info',
    ...s3.settings,
  };
}

type Settings = Awaited<ReturnType<typeof settingsOf>>;

/** `serve`, and four workers on machines of their own. The last of the killed ones lives. */
async function startFleet(shared: Shared, settings: Settings, hours: number) {
  await using stack = new AsyncDisposableStack();
  const api = stack.use(await startMinilab('serve --no-worker', settings));
  const newMachine = async (name: string, more = {}) => machineOf(shared, { ...settings, ...more }, name);
  const [first, second, third, fourth] = await Promise.all([
    newMachine('killed'),
    newMachine('frozen'),
    newMachine('shifted', { NODE_OPTIONS: shiftedBy(hours) }),
    newMachine('sound'),
  ]);
  const killed = [await first.start()];
  stack.defer(async () => killed.at(-1)?.[Symbol.asyncDispose]());
  const frozen = stack.use(await second.start());
  stack.defer(() => void frozen.child.kill('SIGCONT')); // or it would not hear that it is to end
  const others = [stack.use(await third.start()), stack.use(await fourth.start()), api];
  const all = stack.move();
  return {
    ...{ killed, frozen, startKilled: first.start },
    machines: [first, second, third, fourth].map(({ site }) => site),
    everyone: () => ({ alive: [frozen, ...killed.slice(-1), ...others], killed: killed.slice(0, -1) }),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

async function machineOf({ folder, sites, databaseUrl }: Shared, settings: Settings, name: string) {
  const far = new URL(databaseUrl);
  far.hostname = sites.addressOn('database');
  const site = await sites.newSite(name, far.href);
  const own = { DATA_DIR: `${folder}/${name}`, MACHINE_NAME: name, ...site.settings };
  const start = () => startMinilab('worker', { ...settings, ...own }, site.prefix);
  return { site, start: () => startAgain(start) };
}

/** The chaos. When it is over, all are well again. */
async function endure(place: Place): Promise<void> {
  const { dice, frozen, killed, log, machines, startKilled } = place;
  const failed = new AbortController();
  const over = AbortSignal.any([AbortSignal.timeout(SECONDS * 1_000), failed.signal]);
  const lane = (part: number) => ({ dice: dice(part), log, over });
  const lanes = [
    killing(killed, { name: 'killed', start: startKilled }, lane(2)),
    freezing(frozen, 'frozen', lane(3)),
    cuttingOff(machines, SCALE, lane(4)),
    shaking(place, SCALE, lane(5)),
    uploading(place, { large: 5 * SECONDS, dice: dice(6), over }),
    ...asksAllTheTime(place, over),
  ];
  try {
    await Promise.all(lanes);
  } finally {
    failed.abort(); // nobody starts anything when the place is gone
    await Promise.allSettled(lanes);
  }
}

async function unfinishedOf({ databaseUrl }: Place): Promise<string> {
  const client = new Client(databaseUrl);
  await client.connect();
  const text = await truth.unfinished(client);
  await client.end();
  return text;
}

/** Every recorded file is in the bucket; the orphans of killed and frozen workers are found, and swept. */
async function filesAreTrue({ settings, s3: { objects } }: Place, client: Client) {
  const orphans = await truth.orphansIn(client, objects, PREFIX);
  const swept = await runMinilab(['sweep-storage', '--older-than', '0s'], { settings });
  assert.equal(swept.code, 0, swept.err);
  const found = Number(/\((\S+) files?\)/.exec(swept.err)?.[1]?.replaceAll(',', ''));
  assert.equal(found, orphans, swept.err);
  return { orphans, files: await truth.objectsAreRows(client, objects, PREFIX) };
}

function inWords({ longestMs }: Progress): Record<string, number> {
  return { 'longest standstill in s': Math.round(longestMs / 1000) };
}

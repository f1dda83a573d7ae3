import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { sql } from 'kysely';
import { readConfig } from '../../src/config.ts';
import { openServices, type Services } from '../../src/services.ts';
import { createStallTimer } from '../../src/watchdog/stall-timer.ts';
import { acceptUrls, silent } from '../support/batches.ts';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { startOrigin } from '../support/origin.ts';
import { photo, PHOTO_NAMES } from '../support/pictures.ts';

test('a loop stands still as long as its beat does not change', () => {
  const stalledMs = createStallTimer(500);
  const looks = [0, 500, 1000, 1500, 2000, 2500].map((at) => stalledMs(at, at < 1200 ? 1 : 2));
  assert.deepEqual(looks, [0, 500, 1000, 0, 500, 1000]);
});

test('the time in which the watchdog stood still itself does not count: a stopped process, a suspended machine', () => {
  const stalledMs = createStallTimer(500);
  stalledMs(0, 1);
  assert.equal(stalledMs(3_600_000, 1), 1_000);
  assert.equal(stalledMs(3_600_500, 1), 1_500);
});

/** Runs a loop that stands still for so long under a watchdog of 300 ms; answers how the process ended, and what it said. */
async function standStill(
  ms: number,
  { databaseUrl, flags = [] }: { databaseUrl?: string; flags?: string[] },
) {
  const module = JSON.stringify(new URL('../../src/watchdog/watchdog.ts', import.meta.url));
  const rules = JSON.stringify({ databaseUrl, stallMs: 300, machine: 'east-1' });
  const program = `import { startWatchdog } from ${module};
    const watchdog = startWatchdog(${rules});
    watchdog.began([{ task: 'done' }, { task: 'in work', url: 'https://a.example/1.jpg' }]);
    watchdog.ended(['done']);
    setTimeout(() => { for (const end = Date.now() + ${ms}; Date.now() < end;); process.exit(0); }, 300);`;
  const child = spawn(process.execPath, [...flags, '--input-type=module', '-e', program], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [said, [code, signal]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { end: (code ?? signal) as number | string, said };
}

test('a process that stands still is ended, and names what it had in hand, whether its database answers or not', async () => {
  const silentServer = createServer().listen(0, '127.0.0.1');
  await once(silentServer, 'listening');
  const { port } = silentServer.address() as AddressInfo;
  for (const databaseUrl of [
    undefined,
    'postgres://u:p@127.0.0.1:1/none',
    `postgres://u:p@127.0.0.1:${port}/d`,
  ]) {
    const { end, said } = await standStill(60_000, databaseUrl === undefined ? {} : { databaseUrl });
    assert.equal(end, 'SIGKILL', said);
    const { machine, tasks } = fatalLine(said);
    assert.deepEqual([machine, tasks], ['east-1', [{ task: 'in work', url: 'https://a.example/1.jpg' }]]);
  }
  silentServer.close();
});

test('a process that stands still for less, or under a debugger, goes on', async () => {
  assert.equal((await standStill(100, {})).end, 0);
  assert.equal((await standStill(2_000, { flags: ['--inspect=127.0.0.1:0'] })).end, 0);
});

const STALLING_WORKER = join(import.meta.dirname, '..', 'programs', 'stalling-worker.ts');
const INNOCENT = 5;

type FatalLine = {
  level: number;
  machine: string;
  msg: string;
  tasks: { task: string; slot: number; url: string }[];
};

function fatalLine(said: string): FatalLine {
  const line = said.split('\n').find((each) => each.includes('the event loop stalled'));
  assert.ok(line, said);
  return JSON.parse(line) as FatalLine;
}

/**
 * Leases of tasks run out 10 s after the last touch, and their tasks wait some seconds; those of hosts, without which the
 * images would be downloaded one by one, run out after 8 s. The test goes on as if these had passed.
 */
async function expireLeases({ database: { db }, queue }: Services): Promise<void> {
  for (let active = true; active; await sleep(50)) {
    await sql`
      update pgboss.job set heartbeat_on = heartbeat_on - interval '1 minute', start_after = now()
      where name = 'process_image' and state in ('active', 'retry')`.execute(db);
    await queue.supervise(); // a chore of workers, and none lives
    const { rows } =
      await sql`select from pgboss.job where name = 'process_image' and state = 'active'`.execute(db);
    active = rows.length > 0;
  }
  await sql`update pgboss.job set start_after = now() where name = 'process_image' and state = 'retry'`.execute(
    db,
  );
  await sql`delete from host_leases`.execute(db);
}

test('an image that brings processes to a standstill ends three of them, the third one alone, and is lost; its neighbours are made', async () => {
  await using folder = await newFolder();
  const databaseUrl = await migratedDatabase();
  const allowed = { ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8' };
  const services = await openServices(readConfig({ DATA_DIR: folder.path, ...allowed }), databaseUrl, silent);
  await using stack = new AsyncDisposableStack();
  stack.defer(services.close);
  const { db } = services.database;
  const open = new Set<string>();
  const accompanied = new Set<string>();
  await using origin = await startOrigin((path) => (_request, response) => {
    open.add(path);
    if (open.size > 1) for (const each of open) accompanied.add(each);
    response.end(photo(PHOTO_NAMES[0] ?? ''));
    response.once('close', () => open.delete(path));
  });
  const innocent = Array.from({ length: INNOCENT }, (_, i) => `${origin.url}/${i}.jpg`);
  const { batchId } = await acceptUrls(services, [`${origin.url}/stall.jpg`, ...innocent]);

  const start = (): ChildProcess =>
    spawn(process.execPath, [STALLING_WORKER, '1500'], {
      env: { ...process.env, ...allowed, DATABASE_URL: databaseUrl, DATA_DIR: folder.path },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const inHand: Set<string>[] = [];
  for (let time = 1; time <= 3; time += 1) {
    const worker = start();
    assert.ok(worker.stderr);
    const [said, [, signal]] = await Promise.all([text(worker.stderr), once(worker, 'exit')]);
    assert.equal(signal, 'SIGKILL', said);
    const { level, tasks } = fatalLine(said);
    assert.equal(level, 60);
    assert.ok(
      tasks.some(({ url, slot }) => url === `${origin.url}/stall.jpg` && slot === 1),
      said,
    );
    if (time === 3) assert.equal(tasks.length, 1, said);
    else inHand.push(new Set(tasks.map(({ url }) => new URL(url).pathname)));
    if (time === 2) accompanied.clear();
    await expireLeases(services);
  }

  const last = start();
  stack.defer(async () => {
    last.kill('SIGTERM');
    await once(last, 'exit');
  });
  for (let isRunning = true; isRunning; await sleep(50)) {
    const { rows } = await sql`select from batches where batch_id = ${batchId} and ended_at is null`.execute(
      db,
    );
    isRunning = rows.length > 0;
    assert.equal(last.exitCode ?? last.signalCode, null);
  }
  const { rows } = await sql<{ slot: number; state: string; error_code: string | null }>`
    select slot, state, error_code from images where batch_id = ${batchId} order by slot`.execute(db);
  assert.deepEqual(
    rows.map(({ state, error_code }) => error_code ?? state),
    ['worker_lost', ...innocent.map(() => 'completed')],
  );
  const [first = new Set<string>(), second = new Set<string>()] = inHand;
  const suspects = first.intersection(second);
  assert.ok(suspects.size > 1, [first, second].map((urls) => [...urls].join(' ')).join('; '));
  assert.deepEqual(accompanied.intersection(suspects), new Set(), 'what was in hand twice is made alone');
});

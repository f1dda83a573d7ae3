/** The thread of watchdog.ts: looks at the beat; when it stands still, says so, notes it, and ends the process. */
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { addressNow } from '../db/address.ts';
import { createStallTimer } from './stall-timer.ts';
import { BEAT, HAS_DEBUGGER, type WatchedTask, type WatchdogData, type WatchdogNews } from './watchdog.ts';

const LOOKS_PER_STALL = 30;
const NOTE_WITHIN_MS = 2_000; // a database that is away must not hold the process either
const FATAL = 60; // pino's number

const { beats, databaseUrl, stallMs, isLogged } = workerData as WatchdogData;
const inHand = new Map<string, WatchedTask>();

parentPort?.on('message', (news: WatchdogNews) => {
  if ('began' in news) for (const task of news.began) inHand.set(task.task, task);
  else for (const task of news.ended) inHand.delete(task);
});

const everyMs = stallMs / LOOKS_PER_STALL;
const stalledMs = createStallTimer(everyMs);
const looking = setInterval(() => {
  const stalled = stalledMs(performance.now(), Atomics.load(beats, BEAT));
  if (stalled < stallMs || Atomics.load(beats, HAS_DEBUGGER) === 1) return;
  clearInterval(looking);
  void end();
}, everyMs);

async function end(): Promise<void> {
  const tasks = [...inHand.values()];
  if (isLogged) log(tasks);
  await Promise.race([note(tasks).catch(() => {}), sleep(NOTE_WITHIN_MS)]);
  process.kill(process.pid, 'SIGKILL'); // whatever else asks the main thread, which does not hear
}

/** The main thread's streams do not move any more, so this goes to standard error by itself. */
function log(tasks: WatchedTask[]): void {
  const said = `the process stood still for ${stallMs / 1000} s, and is ended with what it had in hand`;
  const line = { level: FATAL, time: new Date().toISOString(), pid: process.pid, tasks, msg: said };
  try {
    writeSync(2, `${JSON.stringify(line)}\n`);
  } catch {
    // a pipe that nobody reads
  }
}

/**
 * A connection of its own, because the others belong to the thread that stands still. Rows are inserted
 * and none is updated: what stands still may hold the locks of these images.
 */
async function note(tasks: WatchedTask[]): Promise<void> {
  if (databaseUrl === undefined || tasks.length === 0) return;
  const { Client } = await import('pg');
  const client = new Client({
    connectionString: addressNow(databaseUrl),
    application_name: 'minilab watchdog',
    connectionTimeoutMillis: NOTE_WITHIN_MS,
  });
  client.on('error', () => {});
  await client.connect();
  await client.query(
    `insert into stalls (tenant_id, batch_id, slot)
     select tenant_id, batch_id, slot from images where task_id = any($1::uuid[])`,
    [tasks.map(({ task }) => task)],
  );
}

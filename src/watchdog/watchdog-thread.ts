/** The thread of watchdog.ts: watches the beat. When it stalls, the thread logs that, records it, and kills the process. */
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { addressNow } from '../db/address.ts';
import { createStallTimer } from './stall-timer.ts';
import { BEAT, HAS_DEBUGGER, type WatchedTask, type WatchdogData, type WatchdogNews } from './watchdog.ts';

const LOOKS_PER_STALL = 30;
const RECORD_WITHIN_MS = 2_000; // a database that is away must not keep the process alive
const FATAL = 60; // the number of the level in pino

const { beats, databaseUrl, stallMs, isLogged, machine, news } = workerData as WatchdogData;
const inHand = new Map<string, WatchedTask>();

/** A listener would wake this thread for every message. */
function readNews(): void {
  for (let next = receiveMessageOnPort(news); next; next = receiveMessageOnPort(news)) {
    const message = next.message as WatchdogNews;
    if ('began' in message) for (const task of message.began) inHand.set(task.task, task);
    else for (const task of message.ended) inHand.delete(task);
  }
}

const everyMs = stallMs / LOOKS_PER_STALL;
const stalledMs = createStallTimer(everyMs);
const looking = setInterval(() => {
  readNews();
  const stalled = stalledMs(performance.now(), Atomics.load(beats, BEAT));
  if (stalled < stallMs || Atomics.load(beats, HAS_DEBUGGER) === 1) return;
  clearInterval(looking);
  void end();
}, everyMs);

async function end(): Promise<void> {
  const tasks = [...inHand.values()];
  if (isLogged) log(tasks);
  await Promise.race([record(tasks).catch(() => {}), sleep(RECORD_WITHIN_MS)]);
  process.kill(process.pid, 'SIGKILL'); // anything gentler needs the main thread
}

/** Writes to standard error directly, because the streams of a thread need the main thread. */
function log(tasks: WatchedTask[]): void {
  const said = `the event loop stalled for ${stallMs / 1000} s: the process is killed with the tasks in hand`;
  const time = new Date().toISOString();
  const line = { level: FATAL, time, machine, pid: process.pid, tasks, msg: said };
  try {
    writeSync(2, `${JSON.stringify(line)}\n`);
  } catch {
    // nobody reads the pipe
  }
}

/**
 * Uses a connection of its own, because the pool belongs to the stalled thread. It only inserts rows: the
 * stalled thread may hold locks on the images.
 */
async function record(tasks: WatchedTask[]): Promise<void> {
  if (databaseUrl === undefined || tasks.length === 0) return;
  const { Client } = await import('pg');
  const client = new Client({
    connectionString: addressNow(databaseUrl),
    application_name: 'minilab watchdog',
    connectionTimeoutMillis: RECORD_WITHIN_MS,
  });
  client.on('error', () => {});
  await client.connect();
  await client.query(
    `insert into stalls (tenant_id, batch_id, slot)
     select tenant_id, batch_id, slot from images where task_id = any($1::uuid[])`,
    [tasks.map(({ task }) => task)],
  );
}

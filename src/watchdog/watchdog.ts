/**
 * Ends this process when its event loop stalls. A stalled process handles no signal and renews no lease, but
 * no supervisor replaces it while it lives.
 *
 * A thread of its own (watchdog-thread.ts) watches a counter that a timer of the event loop increments. The
 * thread is sent the tasks in hand as they change, because a stalled loop cannot be asked for them. It reads
 * these messages when it looks at the counter, so that none of them wakes it up.
 */
import { url as debuggerUrl } from 'node:inspector';
import { extname } from 'node:path';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';

/** A task in hand, with what the log says about it. */
export type WatchedTask = { task: string } & Record<string, string | number>;

export type Watchdog = {
  /** Says which tasks are in hand from now on. A call takes some microseconds. */
  began(tasks: WatchedTask[]): void;
  /** Says which tasks, by their `task`, are in hand no longer. */
  ended(tasks: string[]): void;
  stop(): Promise<void>;
};

export type WatchdogRules = {
  /** Where stalls are recorded, for all workers to see; undefined: nowhere. */
  databaseUrl?: string | undefined;
  /** how long a stall may last, in milliseconds; 15 s when left out */
  stallMs?: number | undefined;
  /** whether the end is logged */
  isLogged?: boolean;
  /** stands in the line of the log, as in all others */
  machine?: string | undefined;
};

/** What the thread is started with. */
export type WatchdogData = {
  databaseUrl: string | undefined;
  stallMs: number;
  isLogged: boolean;
  machine: string | undefined;
  beats: Int32Array;
  news: MessagePort;
};

/** A message to the thread. */
export type WatchdogNews = { began: WatchedTask[] } | { ended: string[] };

/** Indices of `beats`. */
export const BEAT = 0;
export const HAS_DEBUGGER = 1;

const STALL_MS = 15_000; // leases last 10 s, so other workers have the tasks by then
const BEATS_PER_STALL = 15;
const LONGEST_NAME = 300;

/** @returns a watchdog that keeps no process alive */
export function startWatchdog({
  databaseUrl,
  stallMs = STALL_MS,
  isLogged = true,
  machine,
}: WatchdogRules = {}): Watchdog {
  const beats = new Int32Array(new SharedArrayBuffer(8));
  const program = new URL(`./watchdog-thread${extname(import.meta.url)}`, import.meta.url);
  const { port1: port, port2: news } = new MessageChannel();
  const workerData: WatchdogData = { databaseUrl, stallMs, isLogged, machine, beats, news };
  const thread = new Worker(program, { workerData, transferList: [news], execArgv: [], name: 'watchdog' });
  thread.on('error', () => {}); // the process works without a watchdog too
  thread.unref();
  port.unref();
  const beating = setInterval(beat, stallMs / BEATS_PER_STALL).unref();
  beat();

  /** A debugger stalls the loop on purpose. It may be attached at any time. */
  function beat(): void {
    Atomics.store(beats, HAS_DEBUGGER, debuggerUrl() === undefined ? 0 : 1);
    Atomics.add(beats, BEAT, 1);
  }
  const send = (message: WatchdogNews): void => port.postMessage(message, []);
  return {
    began: (tasks) => send({ began: tasks.map(shortened) }),
    ended: (tasks) => send({ ended: tasks }),
    async stop() {
      clearInterval(beating);
      await thread.terminate();
    },
  };
}

/** A watchdog for one command, until the block ends. Without it a stalled command could not even be interrupted with Ctrl-C. */
export function watchOver(task: string): AsyncDisposable {
  const watchdog = startWatchdog();
  watchdog.began([{ task }]);
  return { [Symbol.asyncDispose]: watchdog.stop };
}

function shortened(task: WatchedTask): WatchedTask {
  const cut = Object.entries(task).map(([name, value]) => [
    name,
    typeof value === 'string' ? value.slice(0, LONGEST_NAME) : value,
  ]);
  return Object.fromEntries(cut) as WatchedTask;
}

/**
 * Ends this process when its event loop stands still, so that no bug of that kind holds a worker for
 * ever: such a process hears no signal, renews no lease, and is replaced by nobody while it lives.
 *
 * A thread of its own (watchdog-thread.ts) looks at a beat that a timer here raises. It is told what is
 * in hand as that changes, because nobody can be asked once the loop stands still.
 */
import { url as debuggerUrl } from 'node:inspector';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';

/** What the process works on, as the log names it. */
export type WatchedTask = { task: string } & Record<string, string | number>;

export type Watchdog = {
  /** Costs some microseconds a call. */
  began(tasks: WatchedTask[]): void;
  ended(tasks: string[]): void;
  stop(): Promise<void>;
};

export type WatchdogRules = {
  /** Where stalls are noted, so that every worker knows of them (batches/stalls.ts); undefined: nowhere. */
  databaseUrl?: string | undefined;
  /** how long the loop may stand still */
  stallMs?: number | undefined;
  /** whether the end is logged */
  isLogged?: boolean;
};

/** What the thread is started with. */
export type WatchdogData = {
  databaseUrl: string | undefined;
  stallMs: number;
  isLogged: boolean;
  beats: Int32Array;
};

/** What the thread is told. */
export type WatchdogNews = { began: WatchedTask[] } | { ended: string[] };

/** Of `beats`. */
export const [BEAT, HAS_DEBUGGER] = [0, 1];

const STALL_MS = 15_000; // leases last 10 s, so its tasks are another worker's by then
const BEATS_PER_STALL = 15;
const LONGEST_NAME = 300;

/** @returns a watchdog that keeps no process alive */
export function startWatchdog({
  databaseUrl,
  stallMs = STALL_MS,
  isLogged = true,
}: WatchdogRules = {}): Watchdog {
  const beats = new Int32Array(new SharedArrayBuffer(8));
  const program = new URL(`./watchdog-thread${extname(import.meta.url)}`, import.meta.url);
  const workerData: WatchdogData = { databaseUrl, stallMs, isLogged, beats };
  const thread = new Worker(program, { workerData, execArgv: [], name: 'watchdog' });
  thread.on('error', () => {}); // without it, things are as they were before there was one
  thread.unref();
  const beating = setInterval(beat, stallMs / BEATS_PER_STALL).unref();
  beat();

  /** A debugger stops the loop on purpose; it may come and go. */
  function beat(): void {
    Atomics.store(beats, HAS_DEBUGGER, debuggerUrl() === undefined ? 0 : 1);
    Atomics.add(beats, BEAT, 1);
  }
  const tell = (news: WatchdogNews): void => thread.postMessage(news, []);
  return {
    began: (tasks) => tell({ began: tasks.map(shortened) }),
    ended: (tasks) => tell({ ended: tasks }),
    async stop() {
      clearInterval(beating);
      await thread.terminate();
    },
  };
}

/** For a command about one thing: Ctrl-C too is heard by the loop only. Ends with the block. */
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

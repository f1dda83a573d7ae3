/**
 * The worker's loop: keeps every slot busy with a task, and every finished task recorded.
 *
 * A task's way here: claimed -> handled -> outcome waiting -> recorded. Its lease is renewed until
 * it is recorded. A lease that another worker took aborts the handler, and its outcome is dropped.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { isPassingTrouble } from '../db/database.ts';
import type { Queue, Task } from './queue.ts';
import type { TaskName } from './tasks.ts';

export type PumpParts<N extends TaskName, W, O> = {
  queue: Queue;
  name: N;
  /** how many tasks are in hand at the most, not counting those that wait on others */
  slots: number;
  /** how many tasks in hand wait on others, and take no slot */
  waiting?(): number;
  /** of one group, so many tasks are in work at a time, in all processes */
  ofOneGroup?: number;
  /** a new task is begun within this time */
  pollMs?: number;
  /** Looks up what claimed tasks are about. A task that is missing in the answer is obsolete, and is dropped. */
  claim(tasks: Task<N>[]): Promise<Map<string, W>>;
  /** Does the work. Its signal aborts when the lease is lost or the worker must end now. */
  handle(work: W, signal: AbortSignal): Promise<O>;
  /** Records outcomes and ends their tasks in one transaction; tried again until it succeeds. */
  record(finished: Finished<N, O>[]): Promise<void>;
  /** Whether no other task may be in hand while this one is. */
  isToBeAlone?(work: W): boolean;
  /** Is told of tasks before they are handled, and of tasks that are in hand no more. */
  onTaken?(taken: Taken<N, W>[]): void;
  onReleased?(ids: string[]): void;
  /** why nothing is claimed from the beginning on, if that is so */
  pausedBecause?: string | undefined;
  log: Logger;
};

export type Finished<N extends TaskName, O> = { task: Task<N>; outcome: O };

export type Taken<N extends TaskName, W> = { task: Task<N>; work: W };

export type Pump = {
  /** No new tasks are claimed while the reason stands; undefined lifts it. */
  pause(reason: string | undefined): void;
  pausedBecause(): string | undefined;
  /**
   * Ends the loop: what is in hand may finish for `graceMs`, then its signals abort. Returns when
   * every outcome is recorded.
   */
  stop(graceMs: number): Promise<void>;
};

const IDLE_POLL_MS = 200; // a new batch begins within this time
// A group of results costs one transaction of some ten statements, however large it is. So it waits for
// others: this long, or until it is a third of the slots, or everything that is in work.
const RECORD_AFTER_MS = 200;
const RECORD_SHARE_OF_SLOTS = 1 / 3;
const RECORD_AT_MOST = 100;
const WAITING_PER_SLOT = 4; // each holds a socket and a file
const TOUCH_EVERY_MS = 4_000; // leases last 10 s, so one late touch does no harm
const TROUBLE_RETRY_MS = 500;
const GIVE_UP_RECORDING_MS = 10_000; // after the end of the grace, with the database away

type Held<N extends TaskName> = { task: Task<N>; abort: AbortController };

export function startPump<N extends TaskName, W, O>(parts: PumpParts<N, W, O>): Pump {
  const { queue, name, log } = parts;
  const held = new Map<string, Held<N>>();
  const working = new Set<string>();
  const waiting: Finished<N, O>[] = []; // outcomes that are not recorded yet
  const toBeAlone: Taken<N, W>[] = []; // claimed, and not begun before all others are recorded
  let alone: string | undefined; // the task that has the worker for itself
  let { pausedBecause } = parts;
  let stopping = false;
  let giveUpAt = Number.POSITIVE_INFINITY;
  let wake = new AbortController(); // aborted to end an idle wait at once
  let isTouching = false;
  let recorded = Promise.resolve();
  let isRecordingSoon = false;
  let hurry = new AbortController(); // aborted to record at once
  const touching = setInterval(() => void touch(), TOUCH_EVERY_MS);
  const claiming = claimLoop();

  async function claimLoop(): Promise<void> {
    while (!stopping) {
      const found = await fillSlots().catch((error: unknown) => {
        log.warn({ err: error }, 'tasks cannot be claimed just now');
        return -1;
      });
      if (found < 0) await idle(TROUBLE_RETRY_MS);
      else if (found === 0 || held.size >= slotsNow()) await idle(parts.pollMs ?? IDLE_POLL_MS);
    }
  }

  function slotsNow(): number {
    return parts.slots + Math.min(parts.waiting?.() ?? 0, WAITING_PER_SLOT * parts.slots);
  }

  /** Claims as many tasks as there are free slots; answers how many came. */
  async function fillSlots(): Promise<number> {
    if (alone !== undefined || toBeAlone.length > 0) return beginAlone();
    const free = slotsNow() - held.size;
    if (free <= 0 || pausedBecause !== undefined) return 0;
    const tasks = await queue.fetch(name, free, parts.ofOneGroup);
    if (tasks.length === 0) return 0;
    for (const task of tasks) held.set(task.id, { task, abort: new AbortController() });
    try {
      const works = await claimUntilDone(tasks);
      await drop(tasks.filter((task) => !works.has(task.id)));
      take(tasks, works);
    } catch (error) {
      release(tasks); // they are claimed again when their leases run out
      throw error;
    }
    return tasks.length;
  }

  function take(tasks: Task<N>[], works: Map<string, W>): void {
    const taken = tasks.flatMap((task) => {
      const work = works.get(task.id);
      return work === undefined ? [] : [{ task, work }];
    });
    const { alone = [], together = [] } = Object.groupBy(taken, ({ work }) =>
      parts.isToBeAlone?.(work) ? 'alone' : 'together',
    );
    toBeAlone.push(...alone);
    begin(together);
  }

  function begin(taken: Taken<N, W>[]): void {
    if (taken.length > 0) parts.onTaken?.(taken);
    for (const { task, work } of taken) void handle(task, work);
  }

  /** Nothing more is claimed until each of these has had the worker for itself. */
  function beginAlone(): 0 {
    const next = working.size === 0 ? toBeAlone.shift() : undefined;
    if (next) {
      alone = next.task.id;
      begin([next]);
    }
    return 0;
  }

  /** What we hold is ours as long as it is touched; nobody else would do it sooner. */
  async function claimUntilDone(tasks: Task<N>[]): Promise<Map<string, W>> {
    for (;;) {
      try {
        return await parts.claim(tasks);
      } catch (error) {
        if (stopping || !isPassingTrouble(error)) throw error;
        log.warn({ err: error, tasks: tasks.length }, 'tasks cannot be looked up just now; trying again');
        await sleep(TROUBLE_RETRY_MS);
      }
    }
  }

  async function handle(task: Task<N>, work: W): Promise<void> {
    const abort = held.get(task.id)?.abort ?? new AbortController();
    working.add(task.id);
    try {
      const outcome = await parts.handle(work, abort.signal);
      waiting.push({ task, outcome });
      recordSoon();
    } catch (error) {
      // A handler answers outcomes; one that throws is a bug, lost its lease, or had no database to ask.
      const level = isPassingTrouble(error) ? 'warn' : 'error';
      if (!abort.signal.aborted) log[level]({ err: error, task: task.id }, 'a task handler threw');
      release([task]);
    }
  }

  async function drop(obsolete: Task<N>[]): Promise<void> {
    if (obsolete.length > 0) await queue.remove(name, obsolete);
    release(obsolete);
  }

  function recordSoon(): void {
    const isGroup = waiting.length >= Math.min(working.size, parts.slots * RECORD_SHARE_OF_SLOTS);
    if (isGroup) hurry.abort();
    if (isRecordingSoon) return;
    isRecordingSoon = true;
    recorded = recorded.then(async () => {
      await sleep(RECORD_AFTER_MS, undefined, { signal: hurry.signal }).catch(() => {});
      hurry = new AbortController();
      isRecordingSoon = false;
      await recordAll();
    });
  }

  async function recordAll(): Promise<void> {
    while (waiting.length > 0) {
      const group = waiting.splice(0, RECORD_AT_MOST);
      await recordUntilDone(group);
      release(group.map(({ task }) => task));
    }
  }

  /** While the database has trouble all is tried again; one result that cannot be recorded holds up no other. */
  async function recordUntilDone(group: Finished<N, O>[]): Promise<void> {
    for (;;) {
      try {
        await parts.record(group);
        return;
      } catch (error) {
        if (!isPassingTrouble(error)) return recordEach(group, error);
        log.warn({ err: error, tasks: group.length }, 'results cannot be recorded just now; trying again');
        if (Date.now() > giveUpAt) return; // the leases run out, and the work is done again elsewhere
        await sleep(TROUBLE_RETRY_MS);
      }
    }
  }

  async function recordEach(group: Finished<N, O>[], error: unknown): Promise<void> {
    if (group.length > 1) {
      for (const one of group) await recordUntilDone([one]);
      return;
    }
    // A bug: its lease runs out, and it is tried again a few times.
    log.error({ err: error, task: group[0]?.task.id }, 'a result cannot be recorded');
  }

  function release(tasks: Task<N>[]): void {
    const ids = tasks.map(({ id }) => id);
    const begun = ids.filter((id) => working.delete(id));
    if (begun.length > 0) parts.onReleased?.(begun);
    for (const id of ids) held.delete(id);
    if (alone !== undefined && ids.includes(alone)) alone = undefined;
    wake.abort();
  }

  async function touch(): Promise<void> {
    const mine = [...held.values()];
    if (mine.length === 0 || isTouching) return; // one that waits takes one connection, and not all
    isTouching = true;
    try {
      const still = await queue.touch(
        name,
        mine.map((entry) => entry.task),
      );
      for (const { task, abort } of mine)
        if (!still.has(task.id) && held.has(task.id)) abort.abort(new LeaseLost());
    } catch (error) {
      log.warn({ err: error }, 'leases cannot be renewed just now');
    } finally {
      isTouching = false;
    }
  }

  async function idle(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: wake.signal }).catch(() => {});
    wake = new AbortController();
  }

  return {
    pause(reason) {
      if (reason !== pausedBecause)
        log.warn({ reason }, reason ? 'no new images are begun' : 'images are begun again');
      pausedBecause = reason;
    },
    pausedBecause: () => pausedBecause,
    async stop(graceMs) {
      stopping = true;
      wake.abort();
      await claiming;
      const deadline = Date.now() + graceMs;
      giveUpAt = deadline + GIVE_UP_RECORDING_MS;
      while (held.size > toBeAlone.length && Date.now() < deadline) await sleep(20);
      for (const { abort } of held.values()) abort.abort(new WorkerEnding());
      begin(toBeAlone.splice(0)); // which hands them back, because their signals have aborted
      while (held.size > 0) await sleep(20);
      await recorded;
      clearInterval(touching);
    },
  };
}

/** The reason of an abort: another worker has the task now, so nothing may be recorded for it. */
class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** The reason of an abort: this worker ends, and hands the task back. */
export class WorkerEnding extends Error {
  override readonly name = 'WorkerEnding';
}

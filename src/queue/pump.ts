/**
 * The loop of a worker: keeps its capacity busy with tasks, and records every result.
 *
 * A task is claimed, handled, and recorded (recorder.ts). Its lease is renewed until it is recorded
 * (task-leases.ts). When another worker has taken over the lease, the handler is aborted, and its result
 * is dropped.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { isPassingTrouble } from '../db/database.ts';
import { Pauses } from './pauses.ts';
import { Polling } from './polling.ts';
import type { ClaimLimits, Queue, Task } from './queue.ts';
import { type Finished, Recorder } from './recorder.ts';
import { RETRY_AFTER_MS, retryPassingTrouble } from './retry.ts';
import { TaskLeases } from './task-leases.ts';
import type { TaskName } from './tasks.ts';
import type { WakeUps } from './wake-ups.ts';

export type PumpParts<N extends TaskName, W, R> = {
  queue: Queue;
  name: N;
  /** how many tasks are in hand at most, not counting `waiting` */
  capacity: number;
  /** how many tasks in hand only wait for something, such as a permit of their host */
  waiting?(): number;
  /** which tasks are claimed; all of this name when left out */
  limits?: ClaimLimits;
  /** how soon a new task is noticed when there was none; 200 ms when left out */
  pollMs?: number;
  /** tell of new tasks; nobody does when left out */
  wakeUps?: WakeUps;
  /** Looks up what claimed tasks are about. A task that the answer leaves out is obsolete, and is removed. */
  claim(tasks: Task<N>[]): Promise<Map<string, W>>;
  /** Does the work. The signal aborts when the lease is lost or the worker has to end now. */
  handle(work: W, signal: AbortSignal): Promise<R>;
  /** Records results and ends their tasks in one transaction; repeated until it succeeds. */
  record(finished: Finished<N, R>[]): Promise<void>;
  /** Whether no other task may be in hand beside this one. */
  isToBeAlone?(work: W): boolean;
  /** Is called before tasks are handled, and after they are recorded or dropped. */
  onTaken?(taken: Taken<N, W>[]): void;
  onReleased?(ids: string[]): void;
  log: Logger;
};

export type Taken<N extends TaskName, W> = { task: Task<N>; work: W };

export type Pump = {
  /**
   * Claims nothing as long as there is a reason, under any key.
   * @param reason undefined lifts the one of this key
   */
  pause(key: string, reason: string | undefined): void;
  isPaused(key: string): boolean;
  /** @returns all reasons; empty while tasks are claimed */
  pausedBecause(): string[];
  /** How many tasks are handled, or wait to be recorded. */
  inHand(): number;
  /** Aborts the signals of all tasks in hand with HandedBack, so that other workers may have them. */
  handBack(): void;
  /**
   * Ends the loop. Handlers may finish for `graceMs`; then their signals abort with WorkerEnding.
   * Resolves when every result is recorded.
   */
  stop(graceMs: number): Promise<void>;
};

const IDLE_POLL_MS = 200;
const NEVER_WOKEN = { isWoken: () => false, spacingMs: () => 0 };
const CLAIM_SHARE_OF_CAPACITY = 1 / 4;
const WAITING_PER_CAPACITY = 4; // each waiting task holds a socket and a file
const GIVE_UP_RECORDING_MS = 10_000; // after the grace time, with the database away

/** @param pauses reasons that hold from the beginning, by key */
export function startPump<N extends TaskName, W, R>(
  parts: PumpParts<N, W, R>,
  pauses: Record<string, string | undefined> = {},
): Pump {
  return new TaskPump(parts, pauses);
}

class TaskPump<N extends TaskName, W, R> implements Pump {
  readonly #parts: PumpParts<N, W, R>;
  readonly #pauses: Pauses;
  readonly #leases: TaskLeases<N>;
  readonly #recorder: Recorder<N, R>;
  readonly #begun = new Set<string>(); // ids of tasks that are handled, or wait to be recorded
  readonly #toBeAlone: Taken<N, W>[] = []; // claimed, and begun when nothing else is in hand
  #alone: string | undefined; // the task that has the worker for itself
  readonly #polling: Polling;
  #isStopping = false;
  readonly #claiming: Promise<void>;

  constructor(parts: PumpParts<N, W, R>, pauses: Record<string, string | undefined>) {
    this.#parts = parts;
    this.#pauses = new Pauses(parts.log);
    for (const [key, reason] of Object.entries(pauses)) this.#pauses.set(key, reason);
    this.#leases = new TaskLeases(parts);
    const { capacity, record, log, name, pollMs = IDLE_POLL_MS, wakeUps } = parts;
    this.#polling = new Polling({ everyMs: pollMs, ...(wakeUps?.rules ?? NEVER_WOKEN) });
    wakeUps?.subscribe(name, () => this.#polling.wake());
    this.#recorder = new Recorder({
      capacity,
      inHand: () => this.inHand(),
      record,
      onDone: (tasks) => this.#release(tasks),
      log,
    });
    this.#claiming = this.#claimUntilStopped();
  }

  pause(key: string, reason: string | undefined): void {
    this.#pauses.set(key, reason);
    if (reason === undefined) this.#polling.hurry();
  }

  isPaused(key: string): boolean {
    return this.#pauses.has(key);
  }

  pausedBecause(): string[] {
    return this.#pauses.reasons();
  }

  inHand(): number {
    return this.#begun.size;
  }

  handBack(): void {
    this.#leases.abortAll(new HandedBack('others can do it'));
  }

  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true;
    this.#polling.hurry();
    await this.#claiming;
    const graceEnd = Date.now() + graceMs;
    this.#recorder.giveUpAt(graceEnd + GIVE_UP_RECORDING_MS);
    while (this.#leases.size > this.#toBeAlone.length && Date.now() < graceEnd) await sleep(20);
    this.#leases.abortAll(new WorkerEnding());
    this.#begin(this.#toBeAlone.splice(0)); // their signals have aborted, so their handlers hand them back
    while (this.#leases.size > 0) await sleep(20);
    await this.#recorder.idle();
    this.#leases.stop();
  }

  async #claimUntilStopped(): Promise<void> {
    while (!this.#isStopping) {
      try {
        const mayBeMore = await this.#fillCapacity();
        if (!mayBeMore) await this.#polling.wait();
      } catch (error) {
        this.#parts.log.warn({ err: error }, 'claim failed, retrying');
        await this.#polling.wait(RETRY_AFTER_MS);
      }
    }
  }

  #capacity(): number {
    const { capacity, waiting } = this.#parts;
    const whole = capacity + Math.min(waiting?.() ?? 0, WAITING_PER_CAPACITY * capacity);
    return Math.ceil(whole * this.#pauses.share());
  }

  /** @returns whether there may be more tasks, and capacity for them */
  async #fillCapacity(): Promise<boolean> {
    if (this.#alone !== undefined || this.#toBeAlone.length > 0) {
      this.#beginAlone();
      return false;
    }
    if (this.#pauses.reasons().length > 0 || !this.#isWorthClaiming()) return false;
    const wanted = claimSize(this.#capacity() - this.#leases.size);
    const { queue, name, limits } = this.#parts;
    this.#polling.looks();
    const tasks = await queue.claim(name, wanted, limits);
    if (tasks.length > 0) {
      this.#polling.found();
      await this.#take(tasks);
    }
    return tasks.length === wanted && this.#isWorthClaiming();
  }

  /** A claim costs the same for one task as for many. So little capacity is left free until the next poll. */
  #isWorthClaiming(): boolean {
    const capacity = this.#capacity();
    const free = capacity - this.#leases.size;
    if (free <= 0) return false;
    return free >= capacity * CLAIM_SHARE_OF_CAPACITY || this.#polling.isDue;
  }

  async #take(tasks: Task<N>[]): Promise<void> {
    this.#leases.hold(tasks);
    try {
      const works = await this.#lookUp(tasks);
      await this.#remove(tasks.filter((task) => !works.has(task.id)));
      this.#beginAll(tasks, works);
    } catch (error) {
      this.#release(tasks); // they are claimed again when their leases run out
      throw error;
    }
  }

  /** Repeated as long as the leases are renewed: no other worker could do these tasks sooner. */
  async #lookUp(tasks: Task<N>[]): Promise<Map<string, W>> {
    const { claim, log } = this.#parts;
    return retryPassingTrouble(() => claim(tasks), {
      isOver: () => this.#isStopping,
      onRetry: (error) =>
        log.warn({ err: error, tasks: tasks.length }, 'looking up claimed tasks failed, retrying'),
    });
  }

  async #remove(obsolete: Task<N>[]): Promise<void> {
    if (obsolete.length > 0) await this.#parts.queue.remove(this.#parts.name, obsolete);
    this.#release(obsolete);
  }

  #beginAll(tasks: Task<N>[], works: Map<string, W>): void {
    const taken = tasks.flatMap((task) => {
      const work = works.get(task.id);
      return work === undefined ? [] : [{ task, work }];
    });
    const { alone = [], together = [] } = Object.groupBy(taken, ({ work }) =>
      this.#parts.isToBeAlone?.(work) ? 'alone' : 'together',
    );
    this.#toBeAlone.push(...alone);
    this.#begin(together);
  }

  /** Nothing more is claimed until each of these tasks has had the worker for itself. */
  #beginAlone(): void {
    const next = this.#begun.size === 0 ? this.#toBeAlone.shift() : undefined;
    if (!next) return;
    this.#alone = next.task.id;
    this.#begin([next]);
  }

  #begin(taken: Taken<N, W>[]): void {
    if (taken.length > 0) this.#parts.onTaken?.(taken);
    for (const { task, work } of taken) void this.#handle(task, work);
  }

  async #handle(task: Task<N>, work: W): Promise<void> {
    const signal = this.#leases.signalOf(task.id);
    this.#begun.add(task.id);
    try {
      const result = await this.#parts.handle(work, signal);
      this.#recorder.add({ task, result });
    } catch (error) {
      // Handlers return results. One that throws has a bug, lost its lease, or could not reach the database.
      const level = isPassingTrouble(error) ? 'warn' : 'error';
      if (!signal.aborted) this.#parts.log[level]({ err: error, task: task.id }, 'a task handler threw');
      this.#release([task]);
    }
  }

  #release(tasks: Task<N>[]): void {
    const ids = this.#leases.release(tasks).map(({ id }) => id);
    const begun = ids.filter((id) => this.#begun.delete(id));
    if (begun.length > 0) this.#parts.onReleased?.(begun);
    if (this.#alone !== undefined && ids.includes(this.#alone)) this.#alone = undefined;
    this.#polling.hurry();
  }
}

const EXACT_SIZES = 16;
const SIZE_STEP = 8;

/** pg-boss writes the size into the statement, of which each connection keeps a plan for each size: they must be few. */
function claimSize(free: number): number {
  return free <= EXACT_SIZES ? free : free - (free % SIZE_STEP);
}

/** The reason of an abort: the task goes back, as if it had not been claimed. */
export class HandedBack extends Error {
  override readonly name: string = 'HandedBack';
}

/** This worker ends. */
class WorkerEnding extends HandedBack {
  override readonly name = 'WorkerEnding';
}

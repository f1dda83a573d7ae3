import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { isConnectionTrouble, isPassingTrouble } from '../db/database.ts';
import type { Task } from './queue.ts';
import { retryPassingTrouble } from './retry.ts';
import type { TaskName } from './tasks.ts';

export type Finished<N extends TaskName, R> = { task: Task<N>; result: R };

export type RecorderParts<N extends TaskName, R> = {
  /** how many tasks the worker handles at once */
  capacity: number;
  /** how many tasks are handled, or wait to be recorded */
  inHand(): number;
  /** Records results and ends their tasks in one transaction. */
  record(finished: Finished<N, R>[]): Promise<void>;
  /** Is called with tasks whose results are recorded, or cannot be. */
  onDone(tasks: Task<N>[]): void;
  /** how long a group waits for what is in its way, such as the lock of a batch; a minute when left out */
  patienceMs?: number;
  log: Logger;
};

// A group of results costs one transaction of some ten statements, whatever its size. So a result waits for others:
// until this long after the last group began, or until half of the capacity, or everything in hand, waits with it.
const RECORD_EVERY_MS = 450;
const FIRST_AFTER_MS = 100; // of the first results after a while: somebody may be watching
const GROUP_SHARE_OF_CAPACITY = 1 / 2;
const LARGEST_GROUP = 100;
const PATIENCE_MS = 60_000;

/**
 * Records results in groups, one group at a time, and retries until each is recorded. While the database is away,
 * everything waits. A group that is in somebody's way for too long, or takes longer than a statement may, is taken
 * apart; a single result goes behind the others then, and keeps its lease.
 */
export class Recorder<N extends TaskName, R> {
  readonly #parts: RecorderParts<N, R>;
  readonly #waiting: Finished<N, R>[] = [];
  #recording = Promise.resolve();
  #isScheduled = false;
  #recordedAt = Number.NEGATIVE_INFINITY; // performance.now()
  #hurry = new AbortController(); // aborted to record without waiting for more
  #giveUpAt = Number.POSITIVE_INFINITY;

  constructor(parts: RecorderParts<N, R>) {
    this.#parts = parts;
  }

  add(finished: Finished<N, R>): void {
    this.#waiting.push(finished);
    this.#hurryIfEnough();
    this.#schedule();
  }

  #hurryIfEnough(): void {
    const { capacity, inHand } = this.#parts;
    if (this.#waiting.length >= Math.min(inHand(), capacity * GROUP_SHARE_OF_CAPACITY)) this.#hurry.abort();
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#recording = this.#recording.then(() => this.#recordSoon());
  }

  /** From then on, results that cannot be recorded are given up: their leases run out, and they are done again. */
  giveUpAt(time: number): void {
    this.#giveUpAt = time;
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    let recording: Promise<void>;
    do {
      recording = this.#recording;
      await recording;
    } while (recording !== this.#recording);
  }

  async #recordSoon(): Promise<void> {
    const dueInMs = this.#recordedAt + RECORD_EVERY_MS - performance.now();
    const waitMs = Math.max(dueInMs, FIRST_AFTER_MS);
    await sleep(waitMs, undefined, { signal: this.#hurry.signal }).catch(() => {});
    this.#hurry = new AbortController();
    this.#isScheduled = false;
    this.#recordedAt = performance.now();
    // What is finished meanwhile waits for others in its turn: while a group is recorded, few results arrive.
    for (let due = this.#waiting.splice(0); due.length > 0; due = due.slice(LARGEST_GROUP)) {
      const group = due.slice(0, LARGEST_GROUP);
      const left = new Set(await this.#record(group));
      this.#parts.onDone(group.filter((finished) => !left.has(finished)).map(({ task }) => task));
      this.#waiting.push(...left);
    }
    if (this.#waiting.length === 0) return;
    this.#hurryIfEnough();
    this.#schedule();
  }

  /** @returns those for which something was in the way all the time */
  async #record(
    group: Finished<N, R>[],
    patienceMs = this.#parts.patienceMs ?? PATIENCE_MS,
  ): Promise<Finished<N, R>[]> {
    const { record, log } = this.#parts;
    const apartAt = performance.now() + patienceMs;
    const isGivenUp = (): boolean => Date.now() > this.#giveUpAt;
    try {
      await retryPassingTrouble(() => record(group), {
        isOver: (error) => isGivenUp() || (!isConnectionTrouble(error) && performance.now() > apartAt),
        onRetry: (error) =>
          log.warn({ err: error, tasks: group.length }, 'recording results failed, retrying'),
      });
      return [];
    } catch (error) {
      if (!isPassingTrouble(error)) return this.#recordEach(group, error);
      const next = group.length > 1 ? 'trying each once' : 'it goes behind the others';
      const then = isGivenUp() ? 'given up' : next;
      log.warn({ err: error, tasks: group.length }, `recording results failed, ${then}`);
      if (isGivenUp()) return [];
      return group.length > 1 ? this.#recordEach(group, error) : group;
    }
  }

  /** A result that meets a bug or a lock must not hold up the others of its group: the group has waited for it already. */
  async #recordEach(group: Finished<N, R>[], error: unknown): Promise<Finished<N, R>[]> {
    const left: Finished<N, R>[] = [];
    if (group.length > 1) for (const one of group) left.push(...(await this.#record([one], 0)));
    else this.#parts.log.error({ err: error, task: group[0]?.task.id }, 'a result cannot be recorded');
    return left;
  }
}

import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { isPassingTrouble } from '../db/database.ts';
import type { Task } from './queue.ts';
import { retryPassingTrouble } from './retry.ts';
import type { TaskName } from './tasks.ts';

export type Finished<N extends TaskName, R> = { task: Task<N>; result: R };

export type RecorderParts<N extends TaskName, R> = {
  /** how many tasks the worker handles at once */
  capacity: number;
  /** Records results and ends their tasks in one transaction. */
  record(finished: Finished<N, R>[]): Promise<void>;
  /** Is called with tasks whose results are recorded, or cannot be. */
  onDone(tasks: Task<N>[]): void;
  log: Logger;
};

// A group of results costs one transaction of some ten statements, whatever its size. So a result waits
// for others: this long, or until a third of the capacity, or everything in hand, waits with it.
const RECORD_AFTER_MS = 200;
const GROUP_SHARE_OF_CAPACITY = 1 / 3;
const LARGEST_GROUP = 100;

/** Records results in groups, one group at a time, and retries until each is recorded. */
export class Recorder<N extends TaskName, R> {
  readonly #parts: RecorderParts<N, R>;
  readonly #waiting: Finished<N, R>[] = [];
  #recording = Promise.resolve();
  #isScheduled = false;
  #hurry = new AbortController(); // aborted to record without waiting for more
  #giveUpAt = Number.POSITIVE_INFINITY;

  constructor(parts: RecorderParts<N, R>) {
    this.#parts = parts;
  }

  /** @param inHand how many tasks are handled or wait to be recorded, with this one */
  add(finished: Finished<N, R>, inHand: number): void {
    this.#waiting.push(finished);
    if (this.#waiting.length >= Math.min(inHand, this.#parts.capacity * GROUP_SHARE_OF_CAPACITY))
      this.#hurry.abort();
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
    await this.#recording;
  }

  async #recordSoon(): Promise<void> {
    await sleep(RECORD_AFTER_MS, undefined, { signal: this.#hurry.signal }).catch(() => {});
    this.#hurry = new AbortController();
    this.#isScheduled = false;
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, LARGEST_GROUP);
      await this.#record(group);
      this.#parts.onDone(group.map(({ task }) => task));
    }
  }

  async #record(group: Finished<N, R>[]): Promise<void> {
    const { record, log } = this.#parts;
    try {
      await retryPassingTrouble(() => record(group), {
        isOver: () => Date.now() > this.#giveUpAt,
        onRetry: (error) =>
          log.warn({ err: error, tasks: group.length }, 'recording results failed, retrying'),
      });
    } catch (error) {
      if (isPassingTrouble(error))
        log.warn({ err: error, tasks: group.length }, 'recording results failed, given up');
      else await this.#recordEach(group, error);
    }
  }

  /** A result that cannot be recorded because of a bug must not hold up the others of its group. */
  async #recordEach(group: Finished<N, R>[], error: unknown): Promise<void> {
    if (group.length > 1) for (const one of group) await this.#record([one]);
    else this.#parts.log.error({ err: error, task: group[0]?.task.id }, 'a result cannot be recorded');
  }
}

import type { Logger } from 'pino';
import type { Queue, Task } from './queue.ts';
import type { TaskName } from './tasks.ts';

const RENEW_EVERY_MS = 4_000; // leases last 10 s, so one late renewal does no harm

type Held<N extends TaskName> = { task: Task<N>; abort: AbortController };

/** The tasks that a worker holds. Their leases are renewed until they are released. */
export class TaskLeases<N extends TaskName> {
  readonly #queue: Queue;
  readonly #name: N;
  readonly #log: Logger;
  readonly #held = new Map<string, Held<N>>();
  readonly #timer = setInterval(() => void this.#renew(), RENEW_EVERY_MS);
  #isRenewing = false;

  constructor({ queue, name, log }: { queue: Queue; name: N; log: Logger }) {
    this.#queue = queue;
    this.#name = name;
    this.#log = log;
  }

  get size(): number {
    return this.#held.size;
  }

  /** A task may be claimed again by its own worker, when its lease ran out while the worker could not renew it. */
  hold(tasks: Task<N>[]): void {
    for (const task of tasks) {
      this.#held.get(task.id)?.abort.abort(new LeaseLost());
      this.#held.set(task.id, { task, abort: new AbortController() });
    }
  }

  /** @returns those of the tasks that were held, and not claimed again since: a task that is put back keeps its id */
  release(tasks: Task<N>[]): Task<N>[] {
    return tasks.filter((task) => this.#held.get(task.id)?.task === task && this.#held.delete(task.id));
  }

  /** Aborts when the lease of the task is lost, or with `abortAll`. */
  signalOf(id: string): AbortSignal {
    return this.#held.get(id)?.abort.signal ?? AbortSignal.abort(new LeaseLost());
  }

  abortAll(reason: Error): void {
    for (const { abort } of this.#held.values()) abort.abort(reason);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Never twice at once, so that a slow renewal occupies one connection and not all of them. */
  async #renew(): Promise<void> {
    const held = [...this.#held.values()];
    if (held.length === 0 || this.#isRenewing) return;
    this.#isRenewing = true;
    try {
      const renewed = await this.#queue.renew(
        this.#name,
        held.map(({ task }) => task),
      );
      for (const { task, abort } of held)
        if (!renewed.has(task.id) && this.#held.get(task.id)?.task === task) abort.abort(new LeaseLost());
    } catch (error) {
      this.#log.warn({ err: error }, 'lease renewal failed, retrying');
    } finally {
      this.#isRenewing = false;
    }
  }
}

/** The reason of an abort: another worker has the task now, so nothing may be recorded for it here. */
class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

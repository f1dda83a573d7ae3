/**
 * Wake-ups: who commits new tasks tells all workers, and those that are idle need not wait for their next poll. A
 * wake-up is a hint: without it, as behind a pooler, polls find the task. One is sent for a group of tasks, and none
 * where the worker that inserts them fetches them itself.
 */
import { sql } from 'kysely';
import type { Database, Db } from '../db/database.ts';
import type { Listening } from '../db/listen.ts';
import type { PollingRules } from './polling.ts';
import type { TaskName } from './tasks.ts';

const CHANNEL = 'minilab_tasks';
const MS_PER_WORKER = 5; // all workers together look 200 times a second at most for tasks of one kind, however many wake-ups there are

/** Tells all workers when the transaction commits, and nobody when it does not. */
export async function announceTasks(trx: Db, name: TaskName): Promise<void> {
  await sql`select pg_notify(${CHANNEL}, ${name})`.execute(trx);
}

export class WakeUps {
  readonly #listening: Listening;
  readonly #subscribed: { name: TaskName; wake: () => void }[] = [];
  /** of the polling that is woken */
  readonly rules: Pick<PollingRules, 'isWoken' | 'spacingMs'>;

  /** @param liveWorkers how many workers are alive, with this one */
  constructor(database: Pick<Database, 'listen'>, liveWorkers: () => number) {
    this.#listening = database.listen(CHANNEL, {
      onNotice: (name) => this.#wake((each) => each.name === name),
      onStart: () => this.#wake(() => true), // something may have come while nobody listened
    });
    this.rules = {
      isWoken: () => this.#listening.isOn(),
      spacingMs: () => MS_PER_WORKER * liveWorkers(),
    };
  }

  subscribe(name: TaskName, wake: () => void): void {
    this.#subscribed.push({ name, wake });
  }

  stop(): Promise<void> {
    return this.#listening.stop();
  }

  #wake(isMeant: (each: { name: TaskName }) => boolean): void {
    for (const each of this.#subscribed.filter(isMeant)) each.wake();
  }
}

/** pg-boss's table of tasks, for the few queries that need more than its calls. */
import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../db/database.ts';
import type { TaskData, TaskName } from './tasks.ts';

/** The schema in which pg-boss keeps its tables. */
export const QUEUE_SCHEMA = 'pgboss';

const TASKS = sql.table(`${QUEUE_SCHEMA}.job`);

export type TaskFilter<N extends TaskName> = {
  name: N;
  /** the id of the task, as SQL */
  id?: RawBuilder<unknown>;
  /** a field of its data, as SQL */
  data?: { [F in keyof TaskData[N]]?: RawBuilder<unknown> };
  /** whether a task counts that has used up its retries: its dead letter is still to be handled */
  orFailed?: boolean;
};

/** SQL: whether there is a task that waits or is in progress. */
export function hasOpenTask<N extends TaskName>({ name, id, data = {}, orFailed }: TaskFilter<N>) {
  const conditions = [
    sql`j.name = ${sql.lit(name)}`,
    orFailed ? sql`j.state not in ('completed', 'cancelled')` : sql`j.state < 'completed'`,
    ...(id === undefined ? [] : [sql`j.id = ${id}`]),
    ...Object.entries(data).map(([field, value]) => sql`j.data ->> ${sql.lit(field)} = (${value})::text`),
  ];
  return sql`exists (select from ${TASKS} j where ${sql.join(conditions, sql` and `)})`;
}

/** SQL: whether a worker has claimed a task, and has not lost its lease. @param id of the task, as SQL */
export function isClaimed(name: TaskName, id: RawBuilder<unknown>) {
  return sql`exists (select from ${TASKS} j where j.name = ${sql.lit(name)} and j.id = ${id} and j.state = 'active')`;
}

/** Removes every task, of all names, whoever has it. */
export async function removeAllTasks(db: Db): Promise<void> {
  await sql`delete from ${TASKS}`.execute(db);
}

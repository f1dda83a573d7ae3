import type { Queue, Task } from './queue.ts';
import type { TaskName } from './tasks.ts';

const LARGEST_GROUP = 100;

export type GroupHandler<N extends TaskName> = {
  handle(tasks: Task<N>[]): Promise<void>;
  /** Is called with a task that fails alone. It is retried when its lease has run out. */
  onError(error: unknown, task: Task<N>): void;
};

/**
 * Handles all due tasks of a name, in groups: for tasks that are rare, and then come in numbers. When a
 * group fails, its tasks are handled one by one, so that one holds up no other.
 */
export async function handleInGroups<N extends TaskName>(
  queue: Queue,
  name: N,
  handler: GroupHandler<N>,
): Promise<void> {
  let tasks = await queue.claim(name, LARGEST_GROUP);
  while (tasks.length > 0) {
    await queue.remove(name, await handled(tasks, handler));
    tasks = await queue.claim(name, LARGEST_GROUP);
  }
}

/** @returns the tasks that were handled */
async function handled<N extends TaskName>(tasks: Task<N>[], handler: GroupHandler<N>): Promise<Task<N>[]> {
  const [first] = tasks;
  if (!first) return [];
  try {
    await handler.handle(tasks);
    return tasks;
  } catch (error) {
    if (tasks.length > 1) return handledEach(tasks, handler);
    handler.onError(error, first);
    return [];
  }
}

async function handledEach<N extends TaskName>(
  tasks: Task<N>[],
  handler: GroupHandler<N>,
): Promise<Task<N>[]> {
  const done: Task<N>[] = [];
  for (const task of tasks) done.push(...(await handled([task], handler)));
  return done;
}

import type { Queue, Task } from './queue.ts';
import type { TaskName } from './tasks.ts';

const AT_ONCE = 100;

/**
 * Does all tasks of a name that are due, in groups: for tasks that come seldom, and then many at once.
 * A group that cannot be done is done one by one, so that one task holds up no other; what throws then
 * is tried again when its lease has run out.
 */
export async function handleInGroups<N extends TaskName>(
  queue: Queue,
  name: N,
  handle: (tasks: Task<N>[]) => Promise<void>,
): Promise<void> {
  for (;;) {
    const tasks = await queue.claim(name, AT_ONCE);
    if (tasks.length === 0) return;
    const done = await handle(tasks).then(
      () => tasks,
      () => doEach(tasks, handle),
    );
    await queue.remove(name, done);
  }
}

async function doEach<N extends TaskName>(
  tasks: Task<N>[],
  handle: (tasks: Task<N>[]) => Promise<void>,
): Promise<Task<N>[]> {
  const results = [];
  for (const task of tasks)
    results.push(
      await handle([task]).then(
        () => [task],
        () => [],
      ),
    );
  return results.flat();
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TaskLeases } from '../../src/queue/task-leases.ts';
import { newServices, silent } from '../support/batches.ts';

test('a task that its own worker claims again ends the first attempt, whose end does not release the second', async () => {
  await using services = await newServices();
  const leases = new TaskLeases({ queue: services.queue, name: 'process_image', log: silent });
  const data = { tenant_id: 1, batch_id: 'b', task_id: 'a' };
  const [first, second] = [0, 1].map((attempt) => ({ id: 'a', attempt, data })) as [Task, Task];
  leases.hold([first]);
  const signal = leases.signalOf('a');
  leases.hold([second]);
  assert.equal((signal.reason as Error).name, 'LeaseLost');
  assert.deepEqual(leases.release([first]), []);
  assert.equal(leases.size, 1);
  assert.equal(leases.signalOf('a').aborted, false);
  assert.deepEqual(leases.release([second]), [second]);
  assert.equal(leases.size, 0);
  const again = { ...second }; // put back, which begins to count its attempts anew
  leases.hold([second]);
  leases.hold([again]);
  assert.deepEqual(leases.release([second]), []);
  assert.deepEqual(leases.release([again]), [again]);
  leases.stop();
});

type Task = Parameters<TaskLeases<'process_image'>['hold']>[0][number];

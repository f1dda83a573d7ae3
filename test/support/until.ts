import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

export async function until(
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 30_000,
  what = 'it',
): Promise<void> {
  for (const end = Date.now() + deadlineMs; !(await condition()); await sleep(20))
    assert.ok(Date.now() < end, `${what} does not come to pass`);
}

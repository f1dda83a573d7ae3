import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

/** For what the product does within 5 s: with what a loaded machine adds. */
export const SOON_MS = 15_000;

export async function until(
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 30_000,
  what = 'it',
): Promise<void> {
  for (const end = Date.now() + deadlineMs; !(await condition()); await sleep(20))
    assert.ok(Date.now() < end, `${what} does not come to pass`);
}

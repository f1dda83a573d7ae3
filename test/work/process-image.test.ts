import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createImageTask, type ImageEnd, type ImageWork } from '../../src/work/process-image.ts';
import { ImageProblem } from '../../src/pipeline/problems.ts';
import { silent } from '../support/batches.ts';

const HOUR = 3_600_000;

/** What becomes of an image that fails so, this long before its deadline. */
async function endOf(problem: ImageProblem, { msLeft, tries = 0 }: { msLeft: number; tries?: number }) {
  const task = createImageTask({
    pipeline: async () => ({ is: 'later', problem }),
    log: silent,
    onTrouble: () => {},
  });
  const work: ImageWork = {
    ...{ url: 'https://a.example/1.jpg', recipe: { preset: 'none', renditions: [] }, tenantToken: 'token' },
    ...{
      tenantId: 1,
      reusable: undefined,
      isForced: false,
      headersFingerprint: null,
      batchId: '',
      slot: 1,
      tries,
      stalls: 0,
      claimedAt: '',
    },
    deadlineAt: new Date(Date.now() + msLeft),
  };
  return task(work, new AbortController().signal);
}

function described(end: ImageEnd): (string | boolean | undefined)[] {
  if (end.is === 'later') return [end.is, end.problem.code, end.costsTry];
  return end.is === 'failed' ? [end.is, end.problem.code, end.problem.detail] : [end.is];
}

test('an image is tried again until its tries are used up', async () => {
  const problem = new ImageProblem('server_error', 'HTTP 500');
  assert.deepEqual(described(await endOf(problem, { msLeft: HOUR })), ['later', 'server_error', true]);
  assert.deepEqual(described(await endOf(problem, { msLeft: HOUR, tries: 3 })), [
    'failed',
    'server_error',
    'HTTP 500',
  ]);
});

test('an image is not tried again after its deadline, and tells what it had failed with', async () => {
  const problem = new ImageProblem('server_error', 'HTTP 500');
  for (const msLeft of [-HOUR, 0, 500]) {
    const end = described(await endOf(problem, { msLeft }));
    assert.deepEqual(end, ['failed', 'deadline_exceeded', 'server_error: HTTP 500'], `${msLeft} ms left`);
  }
});

test('an image never waits for longer than its deadline', async () => {
  const problem = new ImageProblem('rate_limited', 'HTTP 429', { holdHostMs: HOUR });
  assert.deepEqual(described(await endOf(problem, { msLeft: 2 * HOUR })), ['later', 'rate_limited', false]);
  const end = await endOf(problem, { msLeft: HOUR / 2 });
  assert.ok(end.is === 'failed');
  assert.equal(end.problem.code, 'deadline_exceeded');
});

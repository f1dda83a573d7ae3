import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ClaimedImage, type ImageResult, processImage } from '../../src/work/process-image.ts';
import type { Outcome } from '../../src/pipeline/pipeline.ts';
import { ImageProblem } from '../../src/pipeline/problems.ts';
import { capturedLog, silent } from '../support/logs.ts';

const HOUR = 3_600_000;

function claimed({ msLeft = HOUR, tries = 0 }: { msLeft?: number; tries?: number }): ClaimedImage {
  return {
    url: 'https://a.example/1.jpg',
    recipe: { preset: 'none', renditions: [] },
    tenantToken: 'token',
    tenantId: 1,
    reusable: undefined,
    isForced: false,
    marks: [],
    placeholders: 'fail',
    headersFingerprint: null,
    batchId: 'the batch',
    slot: 7,
    tries,
    stalls: 0,
    claimedAt: '',
    deadlineAt: new Date(Date.now() + msLeft),
  };
}

/** What becomes of an image whose pipeline ends so. */
function resultOf(image: ClaimedImage, pipeline: () => Promise<Outcome>, log = silent): Promise<ImageResult> {
  return processImage(image, { pipeline, log, onTrouble: () => {} }, new AbortController().signal);
}

/** What becomes of an image that fails so, this long before its deadline. */
function resultAfter(problem: ImageProblem, left: { msLeft: number; tries?: number }): Promise<ImageResult> {
  return resultOf(claimed(left), async () => ({ is: 'later', problem }));
}

function described(result: ImageResult): (string | boolean | undefined)[] {
  if (result.is === 'later') return [result.is, result.problem.code, result.costsTry];
  return result.is === 'failed' ? [result.is, result.problem.code, result.problem.detail] : [result.is];
}

test('an image is tried again until its tries are used up', async () => {
  const problem = new ImageProblem('server_error', 'HTTP 500');
  assert.deepEqual(described(await resultAfter(problem, { msLeft: HOUR })), ['later', 'server_error', true]);
  assert.deepEqual(described(await resultAfter(problem, { msLeft: HOUR, tries: 3 })), [
    'failed',
    'server_error',
    'HTTP 500',
  ]);
});

test('an image is not tried again after its deadline, and says what it had failed with', async () => {
  const problem = new ImageProblem('server_error', 'HTTP 500');
  for (const msLeft of [-HOUR, 0, 500]) {
    const result = described(await resultAfter(problem, { msLeft }));
    assert.deepEqual(result, ['failed', 'deadline_exceeded', 'server_error: HTTP 500'], `${msLeft} ms left`);
  }
});

test('an image never waits for longer than its deadline', async () => {
  const problem = new ImageProblem('rate_limited', 'HTTP 429', { holdHostMs: HOUR });
  const later = await resultAfter(problem, { msLeft: 2 * HOUR });
  assert.deepEqual(described(later), ['later', 'rate_limited', false]);
  const result = await resultAfter(problem, { msLeft: HOUR / 2 });
  assert.ok(result.is === 'failed');
  assert.equal(result.problem.code, 'deadline_exceeded');
});

test('a bug of ours is an internal_error, and is logged with its stack at each try', async () => {
  const { log, lines } = capturedLog();
  async function buggy(): Promise<never> {
    throw new TypeError('undefined is not a function');
  }
  assert.deepEqual(described(await resultOf(claimed({}), buggy, log)), ['later', 'internal_error', true]);
  const last = await resultOf(claimed({ tries: 2 }), buggy, log);
  assert.deepEqual(described(last), ['failed', 'internal_error', undefined]);
  const errors = lines().filter(({ level }) => level === 'error');
  assert.deepEqual(
    errors.map(({ batch, slot, is, code }) => [batch, slot, is, code]),
    [
      ['the batch', 7, 'later', 'internal_error'],
      ['the batch', 7, 'failed', 'internal_error'],
    ],
  );
  for (const { err } of errors) assert.match(err?.stack ?? '', /undefined is not a function[^]*at .*buggy/);
});

import type { S3Client } from '@aws-sdk/client-s3';
import pLimit from 'p-limit';
import { codeOf, statusOf } from './trouble.ts';

const FIRST_LIMIT = 16;
const HIGHEST_LIMIT = 48; // the client has 64 connections, and there is more to do than to store

/**
 * How many files are sent at a time: as many as the store bears. Like TCP, the limit is halved by a refusal or a
 * time-out, and grows by one a round of answers while others wait.
 */
export class Pace {
  readonly #inTurn = pLimit(FIRST_LIMIT);
  #answers = 0; // since the limit changed
  #halvedAt = -Infinity;

  get limit(): number {
    return this.#inTurn.concurrency;
  }

  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.#inTurn(work);
  }

  answered(): void {
    this.#answers += 1;
    if (this.#answers < this.limit || this.#inTurn.pendingCount === 0) return;
    this.#limitTo(Math.min(HIGHEST_LIMIT, this.limit + 1));
  }

  /** @param sentAt requests that were under way at a halving are evidence of the same overload */
  overloaded(sentAt: number): void {
    if (sentAt <= this.#halvedAt) return;
    this.#halvedAt = performance.now();
    this.#limitTo(Math.max(1, Math.floor(this.limit / 2)));
  }

  #limitTo(limit: number): void {
    this.#answers = 0;
    this.#inTurn.concurrency = limit;
  }
}

/** Shows the pace each PUT, also those that the client sends again by itself. */
export function showPuts(client: S3Client, pace: Pace): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (context['commandName'] !== 'PutObjectCommand') return next(args);
      const sentAt = performance.now();
      try {
        const output = await next(args);
        pace.answered();
        return output;
      } catch (error) {
        if (isOverload(error)) pace.overloaded(sentAt);
        else if (statusOf(error) === 412) pace.answered();
        throw error;
      }
    },
    { name: 'showPuts', step: 'finalizeRequest', priority: 'low' }, // within the client's own attempts
  );
}

const OVERLOAD = new Set(['SlowDown', 'RequestTimeout', 'TimeoutError', 'ETIMEDOUT']);

function isOverload(error: unknown): boolean {
  return [429, 503].includes(statusOf(error) ?? 0) || OVERLOAD.has(codeOf(error));
}

/** A worker's share of the permits of one host: what it needs, what it was granted, and who waits for it. */
import { HostBusy } from '../pipeline/download/download-permit.ts';
import { IMAGE_PROBLEMS, type ImageProblemCode } from '../pipeline/image-problems.ts';
import { ImageProblem } from '../pipeline/problems.ts';
import type { SealedHeaders } from './headers.ts';
import type { HostKey } from './host.ts';
import { type PermitGrant, type PermitRequest, SPARE_PERMITS } from './leases.ts';

const GRANT_VALID_MS = 1_000; // when the database is away, no new downloads begin after this
const MAX_WAIT_MS = 1_000; // for a permit; at 100 ms latency each permit has served ten downloads by then
const RETRY_MS = 1_000; // and up to twice that, so that downloads that waited together do not return together
export const HOLD_CHECK_MS = 30_000; // an operator may lift a hold before its end

type Waiter = PromiseWithResolvers<void>;

export class LeasedHost {
  readonly key: HostKey;
  /** How many downloads may be open. */
  #permits = 0;
  #open = 0;
  readonly #waiters = new Set<Waiter>();
  /** The highest demand lately. It sinks by an eighth an exchange; idle permits are given back as it sinks. */
  #recentDemand = 0;
  /** How many permits the last exchange covered. */
  #requested = 0;
  #givenUpWith: string | null = null;
  #headers: SealedHeaders | undefined;
  // Times of performance.now():
  #validUntil = 0;
  #heldUntil = 0;
  /** The answer to an exchange that began before this time cannot know of the hold, and must not lift it. */
  #holdRecordedAt = 0;

  constructor(key: HostKey) {
    this.key = key;
  }

  /** The request headers that an operator set for the host. */
  get headers(): SealedHeaders | undefined {
    return this.#headers;
  }

  /** Downloads that are open, or wait for a permit. */
  get demand(): number {
    return this.#open + this.#waiters.size;
  }

  get hasWaiters(): boolean {
    return this.#waiters.size > 0;
  }

  /** Whether the worker needs more than the last exchange covered, or that exchange is too long ago. */
  get needsExchange(): boolean {
    return this.demand > this.#requested || !this.#isValid;
  }

  /** Whether the worker has given everything back and needs nothing. */
  get isIdle(): boolean {
    return this.demand === 0 && this.#requested === 0;
  }

  get #isValid(): boolean {
    return performance.now() <= this.#validUntil;
  }

  /**
   * Waits for a permit.
   * @returns whether all permits were in use, so that more would have been of use
   * @throws HostBusy; ImageProblem of a host that is given up; the signal's reason when aborted
   */
  async acquire(signal: AbortSignal): Promise<boolean> {
    signal.throwIfAborted();
    const wasFull = this.#isValid && this.#open >= this.#permits;
    const waiter = Promise.withResolvers<void>();
    const giveUp = (): void => {
      if (!this.#waiters.delete(waiter)) return;
      waiter.reject(signal.aborted ? (signal.reason as Error) : new HostBusy('full', retryMs()));
    };
    const timer = setTimeout(giveUp, MAX_WAIT_MS);
    signal.addEventListener('abort', giveUp);
    this.#waiters.add(waiter);
    this.#serve();
    await waiter.promise.finally(() => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    });
    return wasFull;
  }

  release(): void {
    this.#open -= 1;
    this.#serve();
  }

  /** What to ask the database for. Until it answers, the worker opens no more downloads than `kept`. */
  nextRequest(): PermitRequest {
    this.#recentDemand = Math.max(this.demand, this.#recentDemand - Math.ceil(this.#recentDemand / 8));
    this.#requested = this.#recentDemand > 0 ? this.#recentDemand + SPARE_PERMITS : 0;
    const kept = Math.max(this.#open, Math.min(this.#permits, this.#recentDemand));
    this.#permits = Math.min(this.#permits, kept);
    return { ...this.key, open: this.#open, kept, wanted: this.#recentDemand };
  }

  /** Takes the answer to an exchange that began at a time of performance.now(). */
  grant(grant: PermitGrant, beganAt: number): void {
    this.#permits = grant.permits;
    this.#validUntil = beganAt + GRANT_VALID_MS;
    this.#givenUpWith = grant.givenUp;
    this.#headers = grant.headers;
    const heldUntil = grant.heldMs > 0 ? performance.now() + grant.heldMs : 0;
    const knowsHold = beganAt >= this.#holdRecordedAt;
    this.#heldUntil = knowsHold ? heldUntil : Math.max(this.#heldUntil, heldUntil);
    this.#serve();
  }

  /** Holds the host before the database knows of it. @param recorded settles when the database does */
  hold(ms: number, recorded: Promise<unknown>): void {
    this.#heldUntil = Math.max(this.#heldUntil, performance.now() + ms);
    this.#holdRecordedAt = Number.POSITIVE_INFINITY;
    const markRecorded = (): void => {
      this.#holdRecordedAt = performance.now();
    };
    recorded.then(markRecorded, markRecorded);
  }

  /** Lets in as many as there are permits for, or refuses all. */
  #serve(): void {
    for (const waiter of this.#waiters) {
      if (!this.#isValid) return;
      const refusal = this.#refusal();
      if (!refusal && this.#open >= this.#permits) return;
      this.#waiters.delete(waiter);
      if (refusal) {
        waiter.reject(refusal);
      } else {
        this.#open += 1;
        waiter.resolve();
      }
    }
  }

  /** Why no download may begin, whatever permits are free. */
  #refusal(): Error | undefined {
    const heldMs = this.#heldUntil - performance.now();
    const isFull = this.#open >= this.#permits;
    if (this.#givenUpWith !== null && (heldMs > 0 || isFull)) return givenUpProblem(this.#givenUpWith);
    return heldMs > 0 ? new HostBusy('held', Math.min(heldMs, HOLD_CHECK_MS)) : undefined;
  }
}

/** @param code of the host's last error, which an older version may have written */
function givenUpProblem(code: string): ImageProblem {
  const ownCode = code in IMAGE_PROBLEMS ? (code as ImageProblemCode) : 'connect_failed';
  return new ImageProblem(ownCode, 'unreachable for several minutes; not retried', { isLast: true });
}

function retryMs(): number {
  return RETRY_MS * (1 + Math.random());
}

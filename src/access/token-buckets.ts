/** How fast a bucket is refilled, and how much it holds. */
export type BucketRule = { perSecond: number; capacity: number };

/** A bucket after a request. */
export type BucketState = {
  isEmpty: boolean;
  /** whole tokens */
  left: number;
  /** until there is a token */
  waitS: number;
  /** until it is full */
  fullInS: number;
};

type Bucket = { tokens: number; at: number; fullAt: number };

/** Token buckets by name, in this process. Full ones are forgotten; when there are too many, so are the oldest. */
export class TokenBuckets {
  readonly #buckets = new Map<string, Bucket>();
  readonly #max: number;
  readonly #now: () => number;

  /** @param now milliseconds of a clock that never goes back */
  constructor({ max = 10_000, now = () => performance.now() }: { max?: number; now?: () => number } = {}) {
    this.#max = max;
    this.#now = now;
  }

  /** Takes a token if there is one. */
  take(name: string, rule: BucketRule): BucketState {
    return this.#use(name, rule, 1);
  }

  /** The state of a bucket as it is. */
  look(name: string, rule: BucketRule): BucketState {
    return this.#use(name, rule, 0);
  }

  #use(name: string, { perSecond, capacity }: BucketRule, wanted: number): BucketState {
    const now = this.#now();
    const bucket = this.#buckets.get(name);
    const had = bucket ? bucket.tokens + ((now - bucket.at) / 1_000) * perSecond : capacity;
    const before = Math.min(capacity, had);
    const isEmpty = before < 1;
    const tokens = isEmpty ? before : before - wanted;
    const fullInS = (capacity - tokens) / perSecond;
    if (wanted > 0) this.#keep(name, { tokens, at: now, fullAt: now + fullInS * 1_000 });
    return { isEmpty, left: Math.floor(tokens), waitS: Math.max(0, (1 - tokens) / perSecond), fullInS };
  }

  /** The bucket used last is the last in the map. */
  #keep(name: string, bucket: Bucket): void {
    this.#buckets.delete(name);
    if (this.#buckets.size >= this.#max) this.#makeRoom(bucket.at);
    this.#buckets.set(name, bucket);
  }

  #makeRoom(now: number): void {
    for (const [name, { fullAt }] of this.#buckets) if (fullAt <= now) this.#buckets.delete(name);
    for (const name of this.#buckets.keys()) {
      if (this.#buckets.size < this.#max) return;
      this.#buckets.delete(name);
    }
  }
}

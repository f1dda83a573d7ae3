const MOST_ENTRIES = 10_000; // an attacker's wrong keys must not fill the memory

type Entry<V> = { loadedAt: number; value: Promise<V> };

/** Remembers what was loaded for a while. Requests that need the same value at once share one load. */
export class TimedCache<K, V> {
  readonly #load: (key: K) => Promise<V>;
  readonly #maxAgeMs: number;
  readonly #entries = new Map<K, Entry<V>>(); // the oldest first

  constructor(load: (key: K) => Promise<V>, maxAgeMs: number) {
    this.#load = load;
    this.#maxAgeMs = maxAgeMs;
  }

  /** A value that was asked for `maxAgeMs` ago at most. A load that fails is not remembered. */
  async get(key: K): Promise<V> {
    const known = this.#entries.get(key);
    if (known && performance.now() - known.loadedAt < this.#maxAgeMs) return known.value;
    const entry = { loadedAt: performance.now(), value: this.#load(key) };
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    this.#dropOldest();
    try {
      return await entry.value;
    } catch (error) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
  }

  forget(key: K): void {
    this.#entries.delete(key);
  }

  forgetAll(): void {
    this.#entries.clear();
  }

  #dropOldest(): void {
    if (this.#entries.size <= MOST_ENTRIES) return;
    const [oldest] = this.#entries.keys();
    if (oldest !== undefined) this.#entries.delete(oldest);
  }
}

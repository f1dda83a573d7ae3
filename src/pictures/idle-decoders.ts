import { createDecoderPool, type DecoderPool } from '../pipeline/decoder-pool.ts';
import { defaultBudget } from '../pipeline/memory.ts';
import { MINUTE_MS } from '../units.ts';

const IDLE_MS = MINUTE_MS; // a start takes 0.3 s, and a child 100 MB
const SHARE_OF_MEMORY = 1 / 4; // of what decoders may use in all: the worker of the process has its own

/** Decoders for pictures that somebody looks at. They start on demand, and end when nobody has asked for a while. */
export class IdleDecoders {
  readonly #size: number;
  readonly #onCrash: (error: Error) => void;
  #pool: DecoderPool | undefined;
  #users = 0;
  #timer: NodeJS.Timeout | undefined;

  /** @param size how many images are decoded at once */
  constructor(size: number, onCrash: (error: Error) => void) {
    this.#size = size;
    this.#onCrash = onCrash;
  }

  async use<T>(work: (pool: DecoderPool) => Promise<T>): Promise<T> {
    clearTimeout(this.#timer);
    this.#pool ??= createDecoderPool(this.#size, {
      memoryBudget: defaultBudget() * SHARE_OF_MEMORY,
      onCrash: this.#onCrash,
    });
    this.#users += 1;
    try {
      return await work(this.#pool);
    } finally {
      this.#users -= 1;
      if (this.#users === 0) this.#timer = setTimeout(() => void this.stop(), IDLE_MS).unref();
    }
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    const pool = this.#pool;
    this.#pool = undefined;
    await pool?.stop();
  }
}

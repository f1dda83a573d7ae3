import { type DecoderProcess, startDecoder } from './decoder-process.ts';

/** No child can be started, or its libraries must not be used: our own trouble, never an image's result. */
export class DecodersUnavailable extends Error {
  override readonly name = 'DecodersUnavailable';
}

export type Child = { process: DecoderProcess; images: number };

/** The children of a pool: those that are idle, and a new one where there is none. */
export class DecoderChildren {
  readonly #imagesPerChild: number;
  readonly #started = new Set<Promise<DecoderProcess>>();
  readonly #idle: Child[] = [];
  #isStopped = false;

  constructor(imagesPerChild: number) {
    this.#imagesPerChild = imagesPerChild;
  }

  /** Runs `work` with a child of its own. @throws DecodersUnavailable; what `work` throws */
  async use<T>(work: (child: Child) => Promise<T>): Promise<T> {
    const child = this.#takeIdle() ?? (await this.#start());
    try {
      return await work(child);
    } finally {
      this.#giveBack(child);
    }
  }

  /** The process ids of the idle children. */
  idlePids(): number[] {
    return this.#idle.map(({ process }) => process.pid);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const starting of this.#started) {
      const process = await starting.catch(() => undefined);
      process?.kill();
      await process?.ended;
    }
  }

  #takeIdle(): Child | undefined {
    let child = this.#idle.pop();
    while (child && !child.process.isAlive()) child = this.#idle.pop();
    return child;
  }

  async #start(): Promise<Child> {
    if (this.#isStopped) throw new DecodersUnavailable('the decoders were stopped');
    const starting = startDecoder();
    this.#started.add(starting);
    const process = await starting.catch((error: Error) => {
      this.#started.delete(starting);
      throw new DecodersUnavailable(`no decoder process can be started: ${error.message}`, { cause: error });
    });
    void process.ended.then(() => this.#started.delete(starting));
    return { process, images: 0 };
  }

  #giveBack(child: Child): void {
    const isReusable = child.process.isAlive() && child.images < this.#imagesPerChild && !this.#isStopped;
    if (isReusable) this.#idle.push(child);
    else child.process.kill();
  }
}

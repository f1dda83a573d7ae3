import type { Dispatcher } from 'undici';

type Controller = Pick<Dispatcher.DispatchController, 'pause' | 'resume' | 'abort'>;

const MOST_UNREAD = 256 * 1024; // bytes; then the host has to wait for the reader

/**
 * The body of a response, which one reader takes chunk by chunk. A stream in its place would cost a download more CPU
 * than its hash: events, pauses and promises for each chunk (bench/downloads.ts).
 */
export class ResponseBody implements AsyncIterableIterator<Buffer> {
  readonly #controller: Controller;
  readonly #unread: Buffer[] = [];
  #unreadBytes = 0;
  #isComplete = false;
  #failure: Error | undefined;
  #onChange = (): void => {}; // wakes the reader

  constructor(controller: Controller) {
    this.#controller = controller;
  }

  add(chunk: Buffer): void {
    this.#unread.push(chunk);
    this.#unreadBytes += chunk.length;
    if (this.#unreadBytes >= MOST_UNREAD) this.#controller.pause();
    this.#onChange();
  }

  complete(): void {
    this.#isComplete = true;
    this.#onChange();
  }

  /** Fails the reader at once, also where it has not taken all that arrived. */
  fail(error: Error): void {
    this.#failure ??= error;
    this.#onChange();
  }

  /** Ends the request if it is under way: nobody reads the rest. */
  destroy(reason: Error = new Error('the rest of the body is not read')): void {
    this.fail(reason);
    this.#controller.abort(reason);
  }

  /** @throws why the body broke off */
  async next(): Promise<IteratorResult<Buffer, undefined>> {
    while (this.#isWaiting) await new Promise<void>((resolve) => (this.#onChange = resolve));
    if (this.#failure) throw this.#failure;
    const chunk = this.#unread.shift();
    if (!chunk) return { done: true, value: undefined };
    this.#unreadBytes -= chunk.length;
    if (this.#unread.length === 0) this.#controller.resume();
    return { done: false, value: chunk };
  }

  async return(): Promise<IteratorResult<Buffer, undefined>> {
    this.destroy();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  get #isWaiting(): boolean {
    return this.#unread.length === 0 && !this.#isComplete && this.#failure === undefined;
  }
}

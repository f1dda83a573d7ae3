import type { ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';

/** Receives the messages of a child process in order, and keeps those that arrive while nobody waits. */
export class Mailbox {
  /** Resolves when the process has ended and closed its pipes. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #lastWords: () => string | undefined;
  readonly #arrived: unknown[] = [];
  #hasEnded = false;
  #failure: Error | undefined;
  #onChange = (): void => {};

  /** @param child with an IPC channel, and with stderr as a pipe */
  constructor(child: ChildProcess) {
    this.#child = child;
    this.#lastWords = lastWordsOf(child.stderr);
    child.on('message', (message) => {
      this.#arrived.push(message);
      this.#onChange();
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.ended = promise;
    const end = (): void => {
      this.#hasEnded = true;
      this.#onChange();
      resolve();
    };
    child.once('close', end);
    // A child that cannot be spawned (no file handle, no process, no program) has an error, and may never close.
    child.on('error', (error) => {
      this.#failure ??= error;
      if (child.pid === undefined) end();
    });
  }

  /**
   * The next message. Only one caller may wait at a time.
   * @throws when the process ends first: why, with the last thing that it wrote to stderr; the signal's reason
   */
  next(signal: AbortSignal): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#onChange = () => {
      if (this.#arrived.length > 0) resolve(this.#arrived.shift());
      else if (signal.aborted) reject(signal.reason as Error);
      else if (this.#hasEnded) reject(this.#failure ?? this.#endError());
      else return;
      this.#onChange = () => {};
    };
    const onAbort = (): void => this.#onChange();
    signal.addEventListener('abort', onAbort);
    this.#onChange();
    return promise.finally(() => signal.removeEventListener('abort', onAbort));
  }

  #endError(): Error {
    const { signalCode, exitCode } = this.#child;
    const said = this.#lastWords();
    return new Error(`the decoder ended (${signalCode ?? exitCode})${said === undefined ? '' : `: ${said}`}`);
  }
}

const KEPT_CHARACTERS = 8_192; // an image may make a codec write any amount; the stack trace of a crash has some 2,000
const MAX_LINE = 300;
const ERROR_LINE = /^(?:\w*Error|FATAL ERROR)\b.*:/;
const NODE_VERSION = /^Node\.js v/; // the line below every uncaught error

/** The last error that was written to a stream, or else its last line. */
function lastWordsOf(stream: Readable | null): () => string | undefined {
  let kept = '';
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    kept = (kept + chunk).slice(-KEPT_CHARACTERS);
  });
  return () => {
    const lines = kept.split('\n').filter((line) => line.trim() !== '' && !NODE_VERSION.test(line));
    const line = lines.findLast((each) => ERROR_LINE.test(each)) ?? lines.at(-1);
    return line?.trim().slice(0, MAX_LINE);
  };
}

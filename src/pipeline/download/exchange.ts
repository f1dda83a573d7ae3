import type { IncomingHttpHeaders } from 'node:http';
import type { Agent, Dispatcher } from 'undici';
import { bodyProblem } from './network-problems.ts';
import { ResponseBody } from './response-body.ts';

/** A response whose head has arrived. */
export type Response = { statusCode: number; headers: IncomingHttpHeaders; body: ResponseBody };

type Rules = { agent: Agent; headers: Record<string, string>; signal: AbortSignal };

/**
 * Sends a GET request.
 * @param rules when `signal` aborts, the request ends, and so does the body of its response
 * @throws errors of the agent and of undici; the signal's reason. The body throws what `bodyProblem` makes of them
 */
export function requestOnce(url: URL, { agent, headers, signal }: Rules): Promise<Response> {
  const exchange = new Exchange(signal);
  const { origin, pathname, search } = url;
  agent.dispatch({ origin, path: pathname + search, method: 'GET', headers }, exchange);
  return exchange.response;
}

/** One request and its response, as undici reports them. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #signal: AbortSignal;
  readonly #head = Promise.withResolvers<Response>();
  #controller: Dispatcher.DispatchController | undefined;
  #body: ResponseBody | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this.#abort);
    if (signal.aborted) this.#abort();
  }

  get response(): Promise<Response> {
    return this.#head.promise;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal.aborted) this.#abort();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (statusCode < 200) return;
    this.#body = new ResponseBody(controller);
    this.#head.resolve({ statusCode, headers, body: this.#body });
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body?.add(chunk);
  }

  onResponseEnd(): void {
    this.#end();
    this.#body?.complete();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#end();
    this.#head.reject(error);
    this.#body?.fail(bodyProblem(error));
  }

  /** Until its connection stands there is no controller: then the request ends when it begins, and nobody waits. */
  readonly #abort = (): void => {
    const reason = this.#signal.reason as Error;
    if (this.#controller) this.#controller.abort(reason);
    else this.#head.reject(reason);
  };

  #end(): void {
    this.#signal.removeEventListener('abort', this.#abort);
  }
}

import { EventEmitter, once } from 'node:events';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { type Origin, startOrigin } from './origin.ts';

export type Received = {
  path: string;
  headers: Record<string, string>;
  body: string;
  type: string;
  id: string;
};

export type Receiver = Origin & {
  received: Received[];
  /** requests that have no answer yet */
  open: Set<ServerResponse>;
  /** Resolves when there are so many messages at a path. */
  until(path: string, count: number): Promise<Received[]>;
  /** Resolves when so many requests wait for an answer. */
  untilOpen(count: number): Promise<void>;
};

/** A receiver of webhooks. @param answer the status for a message; 0 leaves it without an answer */
export async function startReceiver(answer: (message: Received) => number = () => 204): Promise<Receiver> {
  const received: Received[] = [];
  const open = new Set<ServerResponse>();
  const changed = new EventEmitter();
  const origin = await startOrigin((path) => async (request, response) => {
    const message = messageOf(path, request.headers, await text(request));
    received.push(message);
    const status = answer(message);
    if (status === 0) {
      open.add(response);
      response.once('close', () => open.delete(response));
    } else response.writeHead(status, { 'x-receiver': 'test' }).end(status < 300 ? '' : 'no');
    changed.emit('change');
  });
  async function waitFor<T>(found: () => T | undefined): Promise<T> {
    for (;;) {
      const result = found();
      if (result !== undefined) return result;
      await once(changed, 'change', { signal: AbortSignal.timeout(60_000) });
    }
  }
  return {
    ...origin,
    received,
    open,
    until: (path, count) =>
      waitFor(() => {
        const messages = received.filter((message) => message.path === path);
        return messages.length >= count ? messages : undefined;
      }),
    untilOpen: (count) => waitFor(() => open.size >= count || undefined).then(() => {}),
  };
}

function messageOf(path: string, headers: IncomingHttpHeaders, body: string): Received {
  const { type } = JSON.parse(body) as { type: string };
  return { path, headers: headers as Record<string, string>, body, type, id: String(headers['webhook-id']) };
}

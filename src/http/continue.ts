import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** the handler calls sendContinue itself, when it knows that it wants the body */
    asksForBody?: boolean;
  }
}

const waiting = new WeakMap<IncomingMessage, ServerResponse>();

/**
 * A client that asks first (`Expect: 100-continue`) is told to send its body only when the body is about to be
 * read: a request that is refused before costs nobody an upload. The connection of such a request is closed,
 * because the server cannot know whether the body follows.
 * @returns a preParsing hook
 */
export function continueLate(server: Server) {
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    waiting.set(request, response);
    response.shouldKeepAlive = false;
    server.emit('request', request, response);
  });
  return async (request: FastifyRequest): Promise<void> => {
    if (!request.routeOptions.config.asksForBody) sendContinue(request);
  };
}

export function sendContinue({ raw }: FastifyRequest): void {
  const response = waiting.get(raw);
  if (!response) return;
  waiting.delete(raw);
  response.shouldKeepAlive = !/close/i.test(raw.headers.connection ?? '');
  response.writeContinue();
}

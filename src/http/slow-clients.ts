import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Problem } from '../errors.ts';
import type { RawAnswer } from './malformed.ts';

/** How long a client may hold a connection without progress. */
export type ClientLimits = {
  /** for the request headers */
  headersMs: number;
  /** the request fails unless this many bytes of its body arrive in each window */
  bodyWindowMs: number;
  minBytesPerWindow: number;
  /** how long the client may read nothing of a response; twice as long after some progress */
  unreadMs: number;
  /** how often `headersMs` is checked */
  checkEveryMs: number;
};

/**
 * No client holds a connection for more than a minute without progress. Bodies have a minimum rate, not a
 * total limit, because an upload over a slow line may take hours. 500 bytes per second is also the default
 * of Apache's mod_reqtimeout; a pause shorter than a window (a tunnel, a change of cell) is forgiven.
 */
export const CLIENT_LIMITS: ClientLimits = {
  headersMs: 15_000,
  bodyWindowMs: 25_000,
  minBytesPerWindow: 12_500,
  unreadMs: 30_000,
  checkEveryMs: 5_000,
};

/** Ends requests with too slow bodies (408), and connections whose responses are not read. */
export function endSlowClients(server: Server, limits: ClientLimits, answer: RawAnswer): void {
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    watchBody(request, limits, answer);
    // Also fires while nothing is to be sent, as during `?wait=`: that is not the client's fault.
    response.on('timeout', (socket) => {
      if (socket.writableLength > 0) socket.destroy();
    });
  });
}

const CHECKS_PER_WINDOW = 5;

/** A window starts over when a check finds unread bytes: then we are the slow side. */
function watchBody(
  request: IncomingMessage,
  { bodyWindowMs, minBytesPerWindow }: ClientLimits,
  answer: RawAnswer,
): void {
  const { headers, socket } = request;
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return;
  let [seen, checks] = [socket.bytesRead, 0];
  const timer = setInterval(() => {
    if (request.complete || socket.destroyed) return clearInterval(timer);
    const isOurs = request.readableLength > 0; // bytes that have arrived, and wait for us
    checks = isOurs ? 0 : checks + 1;
    if (checks % CHECKS_PER_WINDOW !== 0) return;
    const arrived = socket.bytesRead - seen;
    seen = socket.bytesRead;
    if (isOurs || arrived >= minBytesPerWindow) return;
    clearInterval(timer);
    answer(socket, tooSlow(minBytesPerWindow / bodyWindowMs));
  }, bodyWindowMs / CHECKS_PER_WINDOW).unref();
  request.once('close', () => clearInterval(timer));
}

function tooSlow(bytesPerMs: number): Problem {
  return new Problem('request_timeout', {
    detail: `The request body arrived too slowly: less than ${Math.round(bytesPerMs * 1000)} bytes per second. Send the request again.`,
  });
}

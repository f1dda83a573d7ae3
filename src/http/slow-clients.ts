import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Problem } from '../errors.ts';
import type { RawAnswer } from './malformed.ts';

/** How long a client may keep a connection that does not get on. */
export type ClientLimits = {
  /** for the headers of a request */
  headersMs: number;
  /** of a body so many bytes must arrive in each window, or the request has failed */
  bodyWindowMs: number;
  leastBytesAWindow: number;
  /** how long nothing of an answer may be taken; where something was taken meanwhile, once more as long */
  unreadMs: number;
  /** how often the first one is looked at */
  checkEveryMs: number;
};

/**
 * Nobody is kept for more than a minute. A least rate instead of a limit for the whole: an upload over
 * a slow line may take hours. 500 bytes a second are what Apache's mod_reqtimeout demands too; a line
 * that falls silent for less than a window (a tunnel, another cell) is forgiven.
 */
export const CLIENT_LIMITS: ClientLimits = {
  headersMs: 15_000,
  bodyWindowMs: 25_000,
  leastBytesAWindow: 12_500,
  unreadMs: 30_000,
  checkEveryMs: 5_000,
};

/** Ends requests whose bodies trickle in (408), and connections on which answers are not read. */
export function endSlowClients(server: Server, limits: ClientLimits, answer: RawAnswer): void {
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) => {
    watchBody(request, limits, answer);
    // Fires also when nothing is to be sent, such as while `?wait=` waits: that is no fault of the client's.
    response.on('timeout', (socket) => {
      if (socket.writableLength > 0) socket.destroy();
    });
  });
}

const LOOKS_A_WINDOW = 5;

/** A window in which a look found us behind begins anew. */
function watchBody(
  request: IncomingMessage,
  { bodyWindowMs, leastBytesAWindow }: ClientLimits,
  answer: RawAnswer,
): void {
  const { headers, socket } = request;
  if (headers['content-length'] === undefined && headers['transfer-encoding'] === undefined) return;
  let [seen, looks] = [socket.bytesRead, 0];
  const timer = setInterval(() => {
    if (request.complete || socket.destroyed) return clearInterval(timer);
    const isOurs = request.readableLength > 0; // what has arrived and is not read waits for us
    looks = isOurs ? 0 : looks + 1;
    if (looks % LOOKS_A_WINDOW !== 0) return;
    const arrived = socket.bytesRead - seen;
    seen = socket.bytesRead;
    if (isOurs || arrived >= leastBytesAWindow) return;
    clearInterval(timer);
    answer(socket, tooSlow(leastBytesAWindow / bodyWindowMs));
  }, bodyWindowMs / LOOKS_A_WINDOW).unref();
  request.once('close', () => clearInterval(timer));
}

function tooSlow(bytesAMs: number): Problem {
  return new Problem('request_timeout', {
    detail: `The body of the request came too slowly: less than ${Math.round(bytesAMs * 1000)} bytes a second. Send it again.`,
  });
}

import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Problem } from '../errors.ts';
import { problemBody } from './problem.ts';

/** Sends a problem on a connection whose request never reached a route, or cannot continue, and closes it. */
export type RawAnswer = (socket: Socket, problem: Problem) => void;

export const MAX_HEADER_BYTES = 16 * 1024; // Node's default

// Closing while the client still sends would reset the connection before it has read the response.
const LINGER_MS = 1_000;

/** Closes a connection with a response, unless one is being sent: two would be read as one. */
export function rawAnswers(server: Server): RawAnswer {
  const begun = new WeakMap<Socket, ServerResponse>();
  for (const event of ['request', 'checkExpectation'])
    server.prependListener(event, ({ socket }: IncomingMessage, response: ServerResponse) =>
      begun.set(socket, response),
    );
  return (socket, problem) => {
    if (socket.writableEnded) return; // it has its response
    const response = begun.get(socket);
    const isOver = response?.writableFinished && response.req.complete;
    const isAnswering = response?.headersSent && !isOver;
    if (!socket.writable || isAnswering) return void socket.destroy();
    const body = JSON.stringify(problemBody(problem));
    const isOfHead = !isOver && response?.req.method === 'HEAD'; // the client would not expect a body
    socket.end(
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n` +
        `content-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
        `connection: close\r\n\r\n${isOfHead ? '' : body}`,
    );
    const linger = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.once('close', () => clearTimeout(linger));
  };
}

/** The problem for an error of Node's HTTP parser; undefined if the client has disconnected. */
export function malformed(error: Error & { code?: string; rawPacket?: unknown }): Problem | undefined {
  switch (error.code) {
    case 'ECONNRESET':
    case 'EPIPE':
      return undefined;
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('request_timeout', {
        detail: 'The request headers did not arrive in time. Send the request again.',
      });
    case 'HPE_HEADER_OVERFLOW':
      return isOfUrl(error.rawPacket) ? tooLongUrl() : tooLargeHeaders();
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem('payload_too_large', { detail: 'The chunk extensions of the body are too large.' });
    default:
      return new Problem('bad_request', {
        detail: `This is not an HTTP/1.1 request (${error.code ?? 'unknown'}).`,
      });
  }
}

function isOfUrl(packet: unknown): boolean {
  return Buffer.isBuffer(packet) && /^[A-Z]+ [^\r\n]*$/.test(packet.toString('latin1', 0, MAX_HEADER_BYTES));
}

export function tooLongUrl(): Problem {
  return new Problem('uri_too_long', {
    detail: 'The URL of the request, or a segment of its path, is too long.',
  });
}

function tooLargeHeaders(): Problem {
  return new Problem('headers_too_large', {
    detail: `The request headers are larger than ${MAX_HEADER_BYTES} bytes.`,
  });
}

/**
 * Refuses an `Expect` other than 100-continue, and `CONNECT`, with a problem; Node would send an empty
 * response, and none.
 */
export function refuseExpectations(server: Server, answer: RawAnswer): void {
  server.on('connect', (_request: IncomingMessage, socket: Socket) =>
    answer(socket, new Problem('bad_request', { detail: 'CONNECT is not supported: this is not a proxy.' })),
  );
  server.on('checkExpectation', ({ headers, socket }: IncomingMessage) =>
    answer(
      socket,
      new Problem('expectation_failed', {
        detail: `Expect: ${headers.expect} is not supported; only 100-continue is.`,
      }),
    ),
  );
}

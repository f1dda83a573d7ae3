import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { Problem } from '../errors.ts';
import { problemBody } from './problem.ts';

/** Answers on a connection whose request has not come to a route, or cannot go on, and ends it. */
export type RawAnswer = (socket: Socket, problem: Problem) => void;

export const MAX_HEADER_BYTES = 16 * 1024; // Node's own

const LINGER_MS = 1_000; // closing while the client still sends would reset the connection before it has read its answer

/** Ends connections with an answer, where none is on its way yet: two would be read as one. */
export function rawAnswers(server: Server): RawAnswer {
  const begun = new WeakMap<Socket, ServerResponse>();
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) =>
    begun.set(socket, response),
  );
  return (socket, problem) => {
    if (socket.writableEnded) return; // has its answer
    const response = begun.get(socket);
    const isOver = response?.writableFinished && response.req.complete;
    const isAnswering = response?.headersSent && !isOver;
    if (!socket.writable || isAnswering) return void socket.destroy();
    const body = JSON.stringify(problemBody(problem));
    socket.end(
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\n` +
        `content-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
        `connection: close\r\n\r\n${body}`,
    );
    const linger = setTimeout(() => socket.destroy(), LINGER_MS).unref();
    socket.once('close', () => clearTimeout(linger));
  };
}

/** What Node's parser says of a request, as an answer; undefined when the client has gone. */
export function malformed(error: Error & { code?: string; rawPacket?: unknown }): Problem | undefined {
  switch (error.code) {
    case 'ECONNRESET':
    case 'EPIPE':
      return undefined;
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('request_timeout', {
        detail: 'The headers of the request did not come in time. Send it again.',
      });
    case 'HPE_HEADER_OVERFLOW':
      return isOfUrl(error.rawPacket) ? tooLongUrl() : tooLargeHeaders();
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return new Problem('payload_too_large', { detail: 'The chunk extensions of the body are too large.' });
    default:
      return new Problem('bad_request', {
        detail: `This is not a request in HTTP/1.1 (${error.code ?? 'unknown'}).`,
      });
  }
}

function isOfUrl(packet: unknown): boolean {
  return Buffer.isBuffer(packet) && /^[A-Z]+ [^\r\n]*$/.test(packet.toString('latin1', 0, MAX_HEADER_BYTES));
}

export function tooLongUrl(): Problem {
  return new Problem('uri_too_long', { detail: 'The address of the request, or a part of it, is too long.' });
}

function tooLargeHeaders(): Problem {
  return new Problem('headers_too_large', {
    detail: `The headers of the request are larger than ${MAX_HEADER_BYTES} bytes.`,
  });
}

/** `Expect` with anything but 100-continue, which Node would refuse without a word. */
export function refuseExpectations(server: Server, answer: RawAnswer): void {
  server.on('checkExpectation', ({ headers, socket }: IncomingMessage) =>
    answer(
      socket,
      new Problem('expectation_failed', {
        detail: `Expect: ${headers.expect} cannot be met; 100-continue can.`,
      }),
    ),
  );
}

/**
 * Repairs careless HTTP responses between a socket and undici's parser. It wraps the socket's own `read`,
 * because a stream in between would slow down every download.
 */
import type { Socket } from 'node:net';
import { errors } from 'undici';
import { systemCode } from '../errors.ts';
import { AnswerRepair } from './answer-repair.ts';

const CLOSED = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE']);

/** Errors of connections that had answered earlier requests, but not begun to answer the one that failed. */
const ofStaleConnections = new WeakSet<object>();

/** Whether a host closed a kept connection while we sent a request, so that it is safe to retry (RFC 9112, 9.3.1). */
export function isStale(error: unknown): boolean {
  return error instanceof Error && ofStaleConnections.has(error);
}

/** Returns the socket; its responses are repaired from now on. It must carry one request at a time, and no HEAD. */
export function repairAnswers(socket: Socket): Socket {
  const read = socket.read.bind(socket);
  const unshift = socket.unshift.bind(socket);
  let repair = new AnswerRepair();
  let requests = 0;
  let written = 0;
  let hasBegun = false; // whether anything has arrived since the last request
  let replayed = 0; // bytes that were passed on before, and that undici put back

  function noticeRequest(): void {
    const { bytesWritten } = socket;
    if (bytesWritten === undefined || bytesWritten === written) return; // undefined once the socket is closed
    written = bytesWritten;
    requests += 1;
    hasBegun = false;
    repair = new AnswerRepair();
  }

  function pass(chunk: Buffer): Buffer {
    noticeRequest();
    hasBegun = true;
    const again = replayed;
    replayed = 0;
    if (again === 0) return repair.pass(chunk);
    const fresh = chunk.subarray(again);
    const passed = repair.pass(fresh);
    return passed === fresh ? chunk : Buffer.concat([chunk.subarray(0, again), passed]);
  }

  function isStaleNow(): boolean {
    noticeRequest();
    return requests > 1 && !hasBegun;
  }

  socket.read = (size?: number) => {
    if (size !== undefined) return read(size) as Buffer | null; // Node's own `read(0)`
    try {
      for (let chunk = read() as Buffer | null; chunk !== null; chunk = read() as Buffer | null) {
        const passed = pass(chunk);
        if (passed.length > 0) return passed;
      }
    } catch (error) {
      socket.destroy(error as Error);
    }
    return null;
  };
  socket.unshift = (chunk: Buffer) => {
    replayed += chunk.length;
    unshift(chunk);
  };
  socket.on('error', (error) => {
    const isClosed = error instanceof errors.SocketError || CLOSED.has(systemCode(error) ?? '');
    if (isClosed && isStaleNow()) ofStaleConnections.add(error);
  });
  socket.on('end', () => {
    if (isStaleNow()) socket.destroy(new errors.SocketError('other side closed'));
  });
  return socket;
}

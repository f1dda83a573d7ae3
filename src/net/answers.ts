/**
 * Repairs careless HTTP responses between a socket and undici's parser. It wraps the socket's own `read`,
 * because a stream in between would slow down every download. Heads are repaired (answer-head.ts), counted
 * and bounded. undici bounds each head by itself, but not what precedes it, nor lines without an end.
 */
import type { Socket } from 'node:net';
import { errors } from 'undici';
import { systemCode } from '../errors.ts';
import { type Head, readHead, UnreadableAnswer } from './answer-head.ts';
import { ChunkedBody } from './chunked-body.ts';

/** For all heads of a response together, informational ones (1xx) included. curl has the same bound. */
export const MAX_HEAD_BYTES = 300 * 1024;
const MAX_INFORMATIONAL = 20;
const CLOSED = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE']);
const EMPTY = Buffer.alloc(0);
const LF = 10;
const CR = 13;

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
  let answer = createAnswer();
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
    answer = createAnswer();
  }

  function pass(chunk: Buffer): Buffer {
    noticeRequest();
    hasBegun = true;
    const again = replayed;
    replayed = 0;
    if (again === 0) return answer(chunk);
    const fresh = chunk.subarray(again);
    const passed = answer(fresh);
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

/** Repairs one response: returns what to pass on for each piece that arrives. @throws UnreadableAnswer */
export function createAnswer(): (bytes: Buffer) => Buffer {
  let pass = readHeads;
  const held: Buffer[] = [];
  let isLineEmpty = true; // the line that is being read, so far
  let hasBegun = false;
  let informational = 0;
  let headBytes = 0;

  return (bytes) => pass(bytes);

  function readHeads(bytes: Buffer): Buffer {
    let from = 0;
    for (;;) {
      const end = endOfHead(bytes, from);
      headBytes += (end ?? bytes.length) - from;
      if (headBytes > MAX_HEAD_BYTES) throw new UnreadableAnswer('headers larger than 300 KB');
      if (end === undefined) {
        held.push(bytes.subarray(from));
        return EMPTY;
      }
      const isWhole = from === 0 && held.length === 0;
      const text = textOf([...held.splice(0), bytes.subarray(from, end)]);
      const head = readHead(text);
      if (head && isInformational(head)) {
        from = end;
        continue;
      }
      const rest = bytes.subarray(end);
      const body = passBody(head, rest);
      if (isWhole && head?.text === text && body === rest) return bytes; // unchanged and not copied
      return Buffer.concat([Buffer.from(head?.text ?? text, 'latin1'), body]);
    }
  }

  /** Begins the body: from now on, all bytes belong to it. */
  function passBody(head: Head | undefined, rest: Buffer): Buffer {
    const chunked = head?.isChunked ? new ChunkedBody() : undefined;
    pass = chunked ? (more) => chunked.pass(more) : (more) => more;
    return pass(rest);
  }

  /** Counts informational heads too. */
  function isInformational({ status }: Head): boolean {
    if (status === 101) throw new UnreadableAnswer('unexpected switch of protocol (HTTP 101)');
    if (status >= 200) return false;
    informational += 1;
    if (informational > MAX_INFORMATIONAL)
      throw new UnreadableAnswer(`more than ${MAX_INFORMATIONAL} informational responses (HTTP ${status})`);
    isLineEmpty = true;
    hasBegun = false;
    return true;
  }

  /** The index after the empty line that ends a head, or after the first byte of what is not a head. */
  function endOfHead(bytes: Buffer, from: number): number | undefined {
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (byte === LF) {
        if (isLineEmpty && hasBegun) return at + 1;
        isLineEmpty = true;
      } else if (byte !== CR) {
        if (!hasBegun && !isFirstOfHead(byte)) return at + 1;
        isLineEmpty = false;
        hasBegun = true;
      }
    }
    return undefined;
  }
}

/** H of HTTP or I of ICY, upper or lower case. */
function isFirstOfHead(byte: number | undefined): boolean {
  return byte === 0x48 || byte === 0x68 || byte === 0x49 || byte === 0x69;
}

function textOf(pieces: Buffer[]): string {
  const [first] = pieces;
  return (pieces.length === 1 && first ? first : Buffer.concat(pieces)).toString('latin1');
}

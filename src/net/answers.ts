/**
 * Stands between a socket and undici's parser, at the socket's own `read`, because a stream in between would
 * cost every download. Heads are read here first: repaired (answer-head.ts), counted and bounded, which
 * undici does for each head by itself, but not for what stands before it or in lines without an end.
 */
import type { Socket } from 'node:net';
import { errors } from 'undici';
import { systemCode } from '../errors.ts';
import { type Head, readHead, UnreadableAnswer } from './answer-head.ts';
import { createChunkedBody } from './chunked-body.ts';

/** curl's bound. Of all heads of an answer, with the informational ones before it. */
export const MAX_HEAD_BYTES = 300 * 1024;
const MAX_INFORMATIONAL = 20;
const CLOSED = new Set(['ECONNRESET', 'ECONNABORTED', 'EPIPE']);
const EMPTY = Buffer.alloc(0);
const [LF, CR] = [10, 13];

/** Errors of connections that had answered before, and did not begin to answer the request that failed. */
const ofStaleConnections = new WeakSet<object>();

/** Whether a host closed a connection that was kept for reuse while we sent a request (RFC 9112, 9.3.1). */
export function isStale(error: unknown): boolean {
  return error instanceof Error && ofStaleConnections.has(error);
}

/** The socket, whose answers come repaired. One request at a time may be sent over it, and no HEAD. */
export function repairAnswers(socket: Socket): Socket {
  const read = socket.read.bind(socket);
  const unshift = socket.unshift.bind(socket);
  let answer = createAnswer();
  let requests = 0;
  let written = 0;
  let begun = false; // whether anything has come since the last request
  let known = 0; // bytes that have been here before, and were put back

  function noticeRequest(): void {
    const { bytesWritten } = socket;
    if (bytesWritten === undefined || bytesWritten === written) return; // undefined once it is closed
    written = bytesWritten;
    requests += 1;
    begun = false;
    answer = createAnswer();
  }

  function pass(chunk: Buffer): Buffer {
    noticeRequest();
    begun = true;
    const again = known;
    known = 0;
    if (again === 0) return answer(chunk);
    const fresh = chunk.subarray(again);
    const passed = answer(fresh);
    return passed === fresh ? chunk : Buffer.concat([chunk.subarray(0, again), passed]);
  }

  function isStaleNow(): boolean {
    noticeRequest();
    return requests > 1 && !begun;
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
    known += chunk.length;
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

/** One answer on its way: what is passed on for each piece of it that comes. @throws UnreadableAnswer */
export function createAnswer(): (bytes: Buffer) => Buffer {
  let pass = readHeads;
  const held: Buffer[] = [];
  let isBlank = true; // whether the line that is being read holds nothing so far
  let hasBegun = false;
  let [heads, headBytes] = [0, 0];

  return (bytes) => pass(bytes);

  function readHeads(bytes: Buffer): Buffer {
    for (let from = 0; ;) {
      const end = endOfHead(bytes, from);
      headBytes += (end ?? bytes.length) - from;
      if (headBytes > MAX_HEAD_BYTES) throw new UnreadableAnswer('its headers are larger than 300 KB');
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
      if (isWhole && head?.text === text && body === rest) return bytes; // as it came, and not copied
      return Buffer.concat([Buffer.from(head?.text ?? text, 'latin1'), body]);
    }
  }

  /** The first bytes of the body; from now on it is all that is passed on. */
  function passBody(head: Head | undefined, rest: Buffer): Buffer {
    const chunked = head?.isChunked ? createChunkedBody() : undefined;
    pass = chunked ? chunked.pass : (more) => more;
    return pass(rest);
  }

  /** Counts it if so. */
  function isInformational({ status }: Head): boolean {
    if (status === 101) throw new UnreadableAnswer('it changes to another protocol (HTTP 101)');
    if (status >= 200) return false;
    heads += 1;
    if (heads > MAX_INFORMATIONAL)
      throw new UnreadableAnswer(
        `it sends more than ${MAX_INFORMATIONAL} informational answers (HTTP ${status})`,
      );
    [isBlank, hasBegun] = [true, false];
    return true;
  }

  /** Behind the empty line that ends a head, or behind the first byte of what is no head. */
  function endOfHead(bytes: Buffer, from: number): number | undefined {
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (byte === LF) {
        if (isBlank && hasBegun) return at + 1;
        isBlank = true;
      } else if (byte !== CR) {
        if (!hasBegun && !isFirstOfHead(byte)) return at + 1;
        [isBlank, hasBegun] = [false, true];
      }
    }
    return undefined;
  }
}

/** H of HTTP and I of ICY, in any case. */
function isFirstOfHead(byte: number | undefined): boolean {
  return byte === 0x48 || byte === 0x68 || byte === 0x49 || byte === 0x69;
}

function textOf(pieces: Buffer[]): string {
  const [first] = pieces;
  return (pieces.length === 1 && first ? first : Buffer.concat(pieces)).toString('latin1');
}

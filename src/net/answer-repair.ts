import { type Head, readHead, UnreadableAnswer } from './answer-head.ts';
import { ChunkedBody } from './chunked-body.ts';

/** For all heads of a response together, informational ones (1xx) included. curl has the same bound. */
export const MAX_HEAD_BYTES = 300 * 1024;
const MAX_INFORMATIONAL = 20;
const EMPTY = Buffer.alloc(0);
const LF = 10;
const CR = 13;

/**
 * Repairs one response on its way from the socket to the parser. Heads are repaired (answer-head.ts),
 * counted and bounded. undici bounds each head by itself, but not what precedes it, nor lines without an end.
 */
export class AnswerRepair {
  readonly #held: Buffer[] = []; // the beginning of a head
  #isLineEmpty = true; // the line that is being read, so far
  #hasBegun = false; // whether the head that is being read has a first line
  #informational = 0;
  #headBytes = 0;
  /** Set when the last head is complete: what to do with the bytes after it. */
  #passBody: ((bytes: Buffer) => Buffer) | undefined;

  /** @returns what to pass on of the bytes that arrived. @throws UnreadableAnswer */
  pass(bytes: Buffer): Buffer {
    return this.#passBody ? this.#passBody(bytes) : this.#readHeads(bytes);
  }

  #readHeads(bytes: Buffer): Buffer {
    let from = 0;
    for (;;) {
      const end = this.#endOfHead(bytes, from);
      this.#headBytes += (end ?? bytes.length) - from;
      if (this.#headBytes > MAX_HEAD_BYTES) throw new UnreadableAnswer('headers larger than 300 KB');
      if (end === undefined) {
        this.#held.push(bytes.subarray(from));
        return EMPTY;
      }
      const isWhole = from === 0 && this.#held.length === 0;
      const text = textOf([...this.#held.splice(0), bytes.subarray(from, end)]);
      const head = readHead(text);
      if (head && head.status < 200) {
        this.#skipInformational(head);
        from = end;
        continue;
      }
      const rest = bytes.subarray(end);
      const body = this.#beginBody(head, rest);
      if (isWhole && head?.text === text && body === rest) return bytes; // unchanged and not copied
      return Buffer.concat([Buffer.from(head?.text ?? text, 'latin1'), body]);
    }
  }

  #beginBody(head: Head | undefined, rest: Buffer): Buffer {
    const chunked = head?.isChunked ? new ChunkedBody() : undefined;
    this.#passBody = chunked ? (bytes) => chunked.pass(bytes) : (bytes) => bytes;
    return this.#passBody(rest);
  }

  #skipInformational({ status }: Head): void {
    if (status === 101) throw new UnreadableAnswer('unexpected switch of protocol (HTTP 101)');
    this.#informational += 1;
    if (this.#informational > MAX_INFORMATIONAL)
      throw new UnreadableAnswer(`more than ${MAX_INFORMATIONAL} informational responses (HTTP ${status})`);
    this.#isLineEmpty = true;
    this.#hasBegun = false;
  }

  /** The index after the empty line that ends a head, or after the first byte of what is not a head. */
  #endOfHead(bytes: Buffer, from: number): number | undefined {
    let isLineEmpty = this.#isLineEmpty; // locals: this loop runs for every byte of a head
    let hasBegun = this.#hasBegun;
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
    this.#isLineEmpty = isLineEmpty;
    this.#hasBegun = hasBegun;
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

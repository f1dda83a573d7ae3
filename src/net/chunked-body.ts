import { UnreadableAnswer } from './answer-head.ts';

type State = 'size' | 'data' | 'data_end' | 'trailers' | 'over';

const SIZE = /^0*([0-9a-f]{1,13})(?=[\t\r\n ;])[^\n]*\n$/i; // 13 digits: 2^52
const MAX_LINE_BYTES = 16 * 1024;
// Chunks of one byte cost parser and reader thousands of times their data. A body may have this many bytes of
// lines, and one more for each DATA_BYTES_PER_LINE_BYTE of data.
const MAX_LINES_BYTES = 256 * 1024;
const DATA_BYTES_PER_LINE_BYTE = 32;
const LF = 10;

/**
 * Rewrites a chunked body (RFC 9112, 7.1) for a strict parser: removes spaces and extensions after a chunk
 * size, zeros before it, and trailers, and completes a bare LF.
 */
export class ChunkedBody {
  #state: State = 'size';
  #dataLeft = 0; // of the current chunk
  #line = Buffer.alloc(0); // an unfinished one
  #lineBytes = 0;
  #dataBytes = 0;

  /** @returns what the parser may read now; an unfinished line is kept for later. @throws UnreadableAnswer */
  pass(bytes: Buffer): Buffer {
    const all = this.#line.length === 0 ? bytes : Buffer.concat([this.#line, bytes]);
    this.#line = Buffer.alloc(0);
    const passed: Buffer[] = [];
    let from = 0; // of the bytes that are not in `passed` yet
    let at = 0;
    while (at < all.length && this.#state !== 'over') {
      if (this.#state === 'data') {
        at += this.#skipData(all.length - at);
        continue;
      }
      const end = all.indexOf(LF, at) + 1;
      if (end === 0) {
        this.#keepUnfinished(all.subarray(at));
        return joined(passed, all.subarray(from, at));
      }
      this.#countLine(end - at);
      const text = all.toString('latin1', at, end);
      const strict = this.#strictLine(text);
      if (strict !== text) {
        passed.push(all.subarray(from, at), Buffer.from(strict, 'latin1'));
        from = end;
      }
      at = end;
    }
    if (from === 0) return all; // unchanged and not copied
    return joined(passed, all.subarray(from));
  }

  #skipData(available: number): number {
    const length = Math.min(this.#dataLeft, available);
    this.#dataLeft -= length;
    if (this.#dataLeft === 0) this.#state = 'data_end';
    return length;
  }

  /** A line is counted when it is complete; until then its length is only checked. */
  #keepUnfinished(line: Buffer): void {
    this.#countLine(line.length);
    this.#lineBytes -= line.length;
    this.#line = Buffer.from(line);
  }

  #countLine(length: number): void {
    this.#lineBytes += length;
    const maxBytes = MAX_LINES_BYTES + this.#dataBytes / DATA_BYTES_PER_LINE_BYTE;
    if (length > MAX_LINE_BYTES || this.#lineBytes > maxBytes)
      throw new UnreadableAnswer('too much overhead of chunked encoding');
  }

  /** The line as the parser shall read it. */
  #strictLine(text: string): string {
    switch (this.#state) {
      case 'size':
        return this.#sizeLine(text);
      case 'data_end':
        if (text.trim() !== '') throw new UnreadableAnswer('invalid chunked encoding');
        this.#state = 'size';
        return '\r\n';
      default: // trailers
        if (text.trim() !== '') return '';
        this.#state = 'over';
        return '\r\n';
    }
  }

  #sizeLine(text: string): string {
    const digits = SIZE.exec(text)?.[1];
    if (digits === undefined) throw new UnreadableAnswer('invalid chunked encoding');
    this.#dataLeft = Number.parseInt(digits, 16);
    this.#dataBytes += this.#dataLeft;
    this.#state = this.#dataLeft === 0 ? 'trailers' : 'data';
    return `${digits}\r\n`;
  }
}

function joined(passed: Buffer[], last: Buffer): Buffer {
  return passed.length === 0 ? last : Buffer.concat([...passed, last]);
}

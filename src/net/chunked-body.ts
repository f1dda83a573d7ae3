import { UnreadableAnswer } from './answer-head.ts';

/**
 * Rewrites a chunked body (RFC 9112, 7.1) for a strict parser: removes spaces and extensions after a chunk
 * size, zeros before it, and trailers, and completes a bare LF.
 */
export type ChunkedBody = {
  /** @returns what the parser may read now; an unfinished line is kept for later. @throws UnreadableAnswer */
  pass(bytes: Buffer): Buffer;
};

type State = 'size' | 'data' | 'data_end' | 'trailers' | 'over';

const SIZE = /^0*([0-9a-f]{1,13})(?=[\t\r\n ;])[^\n]*\n$/i; // 13 digits: 2^52
const MAX_LINE_BYTES = 16 * 1024;
// Chunks of one byte cost parser and reader thousands of times their data. A body may have this many bytes of
// lines, and one more for each DATA_BYTES_PER_LINE_BYTE of data.
const MAX_LINES_BYTES = 256 * 1024;
const DATA_BYTES_PER_LINE_BYTE = 32;
const LF = 10;

export function createChunkedBody(): ChunkedBody {
  let state: State = 'size';
  let left = 0; // of the chunk's data
  let line = Buffer.alloc(0); // an unfinished one
  let [lineBytes, dataBytes] = [0, 0];

  /** The line as the parser shall read it. */
  function strictLine(text: string): string {
    switch (state) {
      case 'size': {
        const digits = SIZE.exec(text)?.[1];
        if (digits === undefined) throw new UnreadableAnswer('invalid chunked encoding');
        left = Number.parseInt(digits, 16);
        dataBytes += left;
        state = left === 0 ? 'trailers' : 'data';
        return `${digits}\r\n`;
      }
      case 'data_end':
        if (text.trim() !== '') throw new UnreadableAnswer('invalid chunked encoding');
        state = 'size';
        return '\r\n';
      default: // trailers
        if (text.trim() !== '') return '';
        state = 'over';
        return '\r\n';
    }
  }

  function countLine(length: number): void {
    lineBytes += length;
    if (length > MAX_LINE_BYTES || lineBytes > MAX_LINES_BYTES + dataBytes / DATA_BYTES_PER_LINE_BYTE)
      throw new UnreadableAnswer('too much overhead of chunked encoding');
  }

  return {
    pass(bytes) {
      const all = line.length === 0 ? bytes : Buffer.concat([line, bytes]);
      line = Buffer.alloc(0);
      const passed: Buffer[] = [];
      let from = 0; // of the bytes that are not in `passed` yet
      let at = 0;
      while (at < all.length && state !== 'over') {
        if (state === 'data') {
          const length = Math.min(left, all.length - at);
          at += length;
          left -= length;
          if (left === 0) state = 'data_end';
          continue;
        }
        const end = all.indexOf(LF, at) + 1;
        if (end === 0) {
          countLine(all.length - at);
          lineBytes -= all.length - at; // counted again when the line is complete
          line = Buffer.from(all.subarray(at));
          return passedWith(passed, all.subarray(from, at));
        }
        countLine(end - at);
        const text = all.toString('latin1', at, end);
        const strict = strictLine(text);
        if (strict !== text) {
          passed.push(all.subarray(from, at), Buffer.from(strict, 'latin1'));
          from = end;
        }
        at = end;
      }
      if (from === 0) return all; // unchanged and not copied
      return passedWith(passed, all.subarray(from));
    },
  };
}

function passedWith(passed: Buffer[], last: Buffer): Buffer {
  return passed.length === 0 ? last : Buffer.concat([...passed, last]);
}

import { UnreadableAnswer } from './answer-head.ts';

/**
 * A body in chunks (RFC 9112, 7.1), on its way to a parser that follows the letter. The lines around the
 * chunks are rewritten where they are careless: spaces and extensions behind a size, zeros before it, a bare
 * LF. Trailers are left out.
 */
export type ChunkedBody = {
  /** What the parser may read now. What belongs to a line that has not ended is kept. @throws UnreadableAnswer */
  pass(bytes: Buffer): Buffer;
};

type State = 'size' | 'data' | 'data_end' | 'trailers' | 'over';

const SIZE = /^0*([0-9a-f]{1,13})(?=[\t\r\n ;])[^\n]*\n$/i; // 13 digits: 2^52
const MAX_LINE_BYTES = 16 * 1024;
// Chunks of one byte each cost the parser and the reader of a body thousands of times what they bring. So many
// bytes of lines are taken in any case, and beyond that one for so many bytes of data.
const MAX_LINES_BYTES = 256 * 1024;
const DATA_BYTES_PER_LINE_BYTE = 32;
const LF = 10;

export function createChunkedBody(): ChunkedBody {
  let state: State = 'size';
  let left = 0; // of the chunk's data
  let line = Buffer.alloc(0); // the beginning of one that has not ended
  let [lineBytes, dataBytes] = [0, 0];

  /** What stands for a line in front of the parser. */
  function plain(text: string): string {
    switch (state) {
      case 'size': {
        const digits = SIZE.exec(text)?.[1];
        if (digits === undefined) throw new UnreadableAnswer('its chunks cannot be read');
        left = Number.parseInt(digits, 16);
        dataBytes += left;
        state = left === 0 ? 'trailers' : 'data';
        return `${digits}\r\n`;
      }
      case 'data_end':
        if (text.trim() !== '') throw new UnreadableAnswer('its chunks cannot be read');
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
      throw new UnreadableAnswer('its chunks are too small, or the lines around them too long');
  }

  return {
    pass(bytes) {
      const all = line.length === 0 ? bytes : Buffer.concat([line, bytes]);
      line = Buffer.alloc(0);
      const passed: Buffer[] = [];
      let from = 0; // what is not in `passed` yet
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
          lineBytes -= all.length - at; // it is counted when it is whole
          line = Buffer.from(all.subarray(at));
          return passedWith(passed, all.subarray(from, at));
        }
        countLine(end - at);
        const text = all.toString('latin1', at, end);
        const instead = plain(text);
        if (instead !== text) {
          passed.push(all.subarray(from, at), Buffer.from(instead, 'latin1'));
          from = end;
        }
        at = end;
      }
      if (from === 0) return all; // as it came, and not copied
      return passedWith(passed, all.subarray(from));
    },
  };
}

function passedWith(passed: Buffer[], last: Buffer): Buffer {
  return passed.length === 0 ? last : Buffer.concat([...passed, last]);
}

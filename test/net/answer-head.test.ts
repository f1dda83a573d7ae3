import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AnswerRepair, MAX_HEAD_BYTES } from '../../src/net/answer-repair.ts';

/** Pieces that heads may consist of, in shapes that a regular expression could read in more than one way. */
const UNITS = [' ', '\t', ' \r', '\rX', 'a', 'a: ', ': ', '\r\n ', '\r\n\t', 'a:\r\n', 'a\r\n', ' :'];
const FRAMING = ['Content-Length:\r\n', 'Content-Length: 1,', 'Transfer-Encoding: identity\r\n', 'x: y\r\n'];
const BEGINNINGS = ['HTTP/1.1 200', 'HTTP/1.1 200 OK\r\n', 'ICY 200', 'HTTP/1.1 200 OK\r\na'];

const MOST_MS = 5_000; // the slowest one took 40 ms on a busy machine; a quadratic one takes minutes

describe('a head of the largest size is read in no time, whatever it consists of', () => {
  for (const beginning of BEGINNINGS)
    for (const unit of [...UNITS, ...FRAMING])
      test(JSON.stringify(`${beginning}${unit}…`), () => {
        const end = '\rX\r\n\r\n';
        const times = Math.floor((MAX_HEAD_BYTES - beginning.length - end.length) / unit.length);
        const head = Buffer.from(beginning + unit.repeat(times) + end, 'latin1');
        const beganAt = performance.now();
        try {
          new AnswerRepair().pass(head);
        } catch (error) {
          assert.equal((error as Error).name, 'UnreadableAnswer');
        }
        assert.ok(performance.now() - beganAt < MOST_MS);
      });
});

test('a reason with lone carriage returns is kept, without what cannot be printed', () => {
  const answer = new AnswerRepair().pass(Buffer.from('HTTP/1.1 200  O\rK\r\nContent-Length: 0\r\n\r\n'));
  assert.match(
    answer.toString('latin1'),
    /^HTTP\/1\.1 200 O K\r\ncontent-length: 0|^HTTP\/1\.1 200 O K\r\n/i,
  );
});

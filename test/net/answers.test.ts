import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AnswerRepair } from '../../src/net/answer-repair.ts';
import { oddAnswers } from '../support/odd-hosts.ts';
import { random } from '../support/random.ts';

const PICTURE = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 7) % 256));

/** What is passed on of an answer that comes in pieces, or why it is not. */
function passed(pieces: Buffer[]): string {
  const repair = new AnswerRepair();
  try {
    return Buffer.concat(pieces.map((piece) => repair.pass(piece))).toString('latin1');
  } catch (error) {
    return (error as Error).message;
  }
}

function inPieces(bytes: Buffer, lengthOf: () => number): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = lengthOf();
    pieces.push(bytes.subarray(at, at + length));
    at += length;
  }
  return pieces;
}

test('an answer is passed on alike, however it is cut on its way', () => {
  const dice = random(11);
  for (const [name, answer] of Object.entries(oddAnswers(PICTURE))) {
    if (!Buffer.isBuffer(answer) || answer.length > 100_000) continue;
    const whole = passed([answer]);
    assert.equal(passed(inPieces(answer, () => 1)), whole, `${name}, byte by byte`);
    for (let i = 0; i < 5; i += 1)
      assert.equal(passed(inPieces(answer, () => 1 + dice.upTo(40))), whole, `${name}, at random`);
  }
});

test('an answer in which nothing is wrong is passed on as it came, and not copied', () => {
  for (const framing of [`Content-Length: ${PICTURE.length}`, 'X-Length: none', 'content-length:0']) {
    const head = `HTTP/1.1 200 OK\r\nServer: nginx\r\nX-Cache:\r\n${framing}\r\n\r\n`;
    const answer = Buffer.concat([Buffer.from(head), PICTURE]);
    assert.equal(new AnswerRepair().pass(answer), answer);
  }
  const chunks = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n');
  assert.equal(new AnswerRepair().pass(chunks), chunks);
});

test('behind a repaired head the connection is closed, and the body ends in one place', () => {
  const repaired = passed([
    Buffer.from(
      'HTTP/1.1 200 OK\r\nno colon\r\nConnection: keep-alive\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ),
  ]);
  assert.equal(
    repaired,
    'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n',
  );
});

describe('an answer that does not come to an end is given up', () => {
  const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
  const FLOODS: Record<string, [start: string, again: string]> = {
    'informational answers': ['', 'HTTP/1.1 103 Early Hints\r\n\r\n'],
    'large informational answers': ['', `HTTP/1.1 103 Early Hints\r\nLink: ${'x'.repeat(60_000)}\r\n\r\n`],
    'header lines': ['HTTP/1.1 200 OK\r\n', 'a:b\r\n'],
    'lines that are no header': ['HTTP/1.1 200 OK\r\n', 'x\n'],
    'a header value': ['HTTP/1.1 200 OK\r\nX: ', 'x'],
    'spaces before a header value': ['HTTP/1.1 200 OK\r\nX:', ' '],
    'a folded line': ['HTTP/1.1 200 OK\r\nX: ', '\r\n x'],
    'a reason': ['HTTP/1.1 200 ', 'OK '],
    'a version': ['HTTP/', '1'],
    'blank lines before the status': ['', '\r\n'],
    'carriage returns': ['HTTP/1.1 200 OK\r\n', '\r'],
    'a chunk size': [CHUNKED, '0'],
    'a chunk extension': [`${CHUNKED}5;`, 'x'],
    'chunks of one byte': [CHUNKED, '1\r\nx\r\n'],
    'chunks of one byte with extensions': [CHUNKED, `1;${'x'.repeat(1_000)}\r\nx\r\n`],
    trailers: [`${CHUNKED}0\r\n`, 'X: y\r\n'],
    'one trailer': [`${CHUNKED}0\r\nX: `, 'y'],
  };
  for (const [what, [start, again]] of Object.entries(FLOODS)) {
    test(what, () => {
      const repair = new AnswerRepair();
      const piece = Buffer.from(again.repeat(Math.ceil(1_400 / again.length)), 'latin1');
      let sent = 0;
      const cpu = process.cpuUsage();
      assert.throws(
        () => {
          repair.pass(Buffer.from(start));
          for (; sent < 10_000_000; sent += piece.length) repair.pass(piece);
        },
        { name: 'UnreadableAnswer' },
      );
      assert.ok(sent < 700_000, `${sent} bytes`);
      const { user, system } = process.cpuUsage(cpu);
      assert.ok(user + system < 500_000, `${(user + system) / 1000} ms`);
    });
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readHead } from '../../src/net/answer-head.ts';
import { MAX_HEAD_BYTES } from '../../src/net/answer-repair.ts';
import { retryAfterMs } from '../../src/net/retry-after.ts';
import { directLink, reasonForPage } from '../../src/net/share-links.ts';
import { takesAtMost } from '../support/cpu.ts';

const UNITS = [
  ...[
    ' ',
    '\t',
    ' x',
    'x',
    '\r',
    '\rx',
    ':',
    'a:',
    'a:\n',
    'a: b\r\n',
    ' :',
    'a :',
    '\n',
    '\r\n',
    ' \r\n',
    'HTTP/1.1 ',
  ],
  ...[
    'content-length:1\n',
    'content-length: 1\r\na:\n',
    'content-length:',
    'transfer-encoding: chunked\n',
    ',',
  ],
  ...['transfer-encoding: x,\n', 'content-encoding: a,\r\n', '"', '+1', '0', '\xff', '\0', ';', '-'],
];
const BEGINNINGS = [
  ...['', 'HTTP/1.1 200', 'HTTP/1.1 200 OK', 'HTTP/1.1 200 OK\r\n', 'HTTP/1.1 200 OK\r\na:', 'ICY 200'],
  ...['HTTP/1.1 200 OK\r\ncontent-length:', 'HTTP/1.1 200 OK\r\ntransfer-encoding:', 'HTTP/1.1 '],
];

test('the head of an answer is read in linear time, whatever a host repeats in it', () => {
  for (const unit of UNITS)
    for (const beginning of BEGINNINGS)
      for (const end of ['', 'x\ry']) {
        const room = MAX_HEAD_BYTES - beginning.length - end.length - 4;
        const text = `${beginning}${unit.repeat(room / unit.length)}${end}\r\n\r\n`;
        takesAtMost(2_000, JSON.stringify([beginning, unit, end]), () => readOrRefuse(text));
      }
});

function readOrRefuse(text: string): unknown {
  try {
    return readHead(text);
  } catch (error) {
    return error;
  }
}

test('dates, links and pages are judged in linear time', () => {
  for (const unit of [
    '1',
    'a',
    ' ',
    'Mon, ',
    '(',
    ',',
    '-',
    '1:',
    '/a/',
    '/d/',
    '/file/d/',
    '<title>',
    '<title',
    '>',
  ]) {
    const long = unit.repeat(100_000 / unit.length);
    takesAtMost(1_000, `date ${unit}`, () => retryAfterMs({ 'retry-after': `a${long}`, date: long }));
    const link = new URL(`https://drive.google.com/${long}`);
    takesAtMost(1_000, `link ${unit}`, () => directLink(link));
    takesAtMost(1_000, `page ${unit}`, () => reasonForPage(link, Buffer.from(long)));
  }
});

test('a host whose name is that of a property has no share links', () => {
  for (const host of ['__proto__', 'constructor', 'valueof']) {
    const link = new URL(`https://${host}/1.jpg`);
    assert.equal(directLink(link), link);
  }
});

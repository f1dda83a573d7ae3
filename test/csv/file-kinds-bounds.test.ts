import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileKind, HEAD_BYTES } from '../../src/csv/file-kinds.ts';
import { takesAtMost } from '../support/cpu.ts';

const BEGINNINGS = [
  '',
  '<?xml version="1.0"?>',
  '<html ',
  '{"',
  '[',
  'PAR1',
  'ORC',
  '<!doctype svg',
  '\ufeff ',
];
const UNITS = [
  ...['<!---->', '<!-- -->', '<!---->\n', '<!--', '-->', '<!-->', '<!--->', '<!-- --> <!--'],
  ...['/**/', '/**/;', '/* */ ', '/*', '*/', '/*/', '--\n', '-- a\n', '--', ';', ' ', '\n', '\r\n', '\t'],
  ...['<?xml ?>', '<?xml', '<!doctype svg', '<!doctype ', '<svg', '<html', '<html ', '<a>', '<', '>'],
  ...['{"', '{"}\n', '}', '}\n', '{', '[', '["', ']', ' {', '"}\n\n', 'mso-application', 'urn:schemas'],
];
const ENDS = ['', 'x', '\0', '<', '-', '*', '\n'];

test('the first bytes of an upload are judged in no time, whatever they repeat', () => {
  for (const unit of UNITS)
    for (const beginning of BEGINNINGS) for (const end of ENDS) judge(beginning, unit, end);
  for (const unit of UNITS) for (const other of UNITS) judge('', unit + other, 'x');
});

function judge(beginning: string, unit: string, end: string): void {
  const count = Math.max(1, Math.floor((HEAD_BYTES - beginning.length - end.length) / unit.length));
  const head = Buffer.from(beginning + unit.repeat(count) + end);
  takesAtMost(1_000, JSON.stringify([beginning, unit, end]), () => fileKind(head));
}

test('comments before a page or a dump are still seen', () => {
  const kindOf = (text: string): string | undefined => fileKind(Buffer.from(text))?.what;
  assert.equal(kindOf('<!-- a -- b -->\n<!----> <!-- c --><html>'), 'a web page');
  assert.equal(kindOf('<!-- a --><!-- b --><table>'), 'a table in a web page (HTML)');
  assert.equal(kindOf('<!-- a --> <!-- b -->\n<svg>'), 'an image (SVG)');
  assert.equal(kindOf('-- dump\n/*!40101 * SET */;\n/**/ /* a */\nCREATE TABLE t'), 'an SQL dump');
  assert.equal(kindOf('<!-- a -->,https://a.example/1.jpg'), undefined);
});

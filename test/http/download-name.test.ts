import assert from 'node:assert/strict';
import { test } from 'node:test';
import { downloadAs } from '../../src/http/download-name.ts';

function named(uploaded: string): string {
  const header = downloadAs(uploaded, 'output.csv');
  const [, plain, exact] =
    /^attachment; filename="([\x20-\x7e]+)"(?:; filename\*=UTF-8''([\w%.~!$&+^`|-]+))?$/.exec(header) ?? [];
  return exact === undefined ? (plain ?? header) : decodeURIComponent(exact);
}

test('a download is named after the file that was uploaded', () => {
  assert.equal(downloadAs('catalog.csv', 'output.csv'), 'attachment; filename="catalog-output.csv"');
  assert.equal(downloadAs('Spring 2026.CSV', 'images.zip'), 'attachment; filename="Spring 2026-images.zip"');
  assert.equal(named('shop.v2.tsv'), 'shop.v2-output.csv');
  assert.equal(named('no extension'), 'no extension-output.csv');
});

test('letters of every language come through, with a plain name for clients that know no others', () => {
  const header = downloadAs('Katalog Größe 目录.csv', 'output.csv');
  assert.match(header, /filename="Katalog Gro_e _-output\.csv"/);
  assert.match(header, /filename\*=UTF-8''Katalog%20Gr%C3%B6%C3%9Fe%20%E7%9B%AE%E5%BD%95-output\.csv/);
  assert.equal(named('Katalog Größe 目录.csv'), 'Katalog Größe 目录-output.csv');
});

test('no name leads out of a folder, hides what it is, breaks the header, or is too long', () => {
  for (const [uploaded, expected] of [
    ['../../etc/passwd.csv', '_.._etc_passwd-output.csv'],
    ['C:\\data\\a.csv', 'C_data_a-output.csv'],
    ['a"; filename="evil.exe', 'a_; filename=_evil.exe-output.csv'],
    ['a\r\nSet-Cookie: x=1.csv', 'a_Set-Cookie_ x=1-output.csv'],
    ['gpj\u202Eexe.csv', 'gpj_exe-output.csv'],
    ['\uD800half.csv', '_half-output.csv'],
    ['.hidden.csv', 'hidden-output.csv'],
    ['50%25.csv', '50_25-output.csv'],
    ['.csv', 'output.csv'],
    ['', 'output.csv'],
  ] as const)
    assert.equal(named(uploaded), expected, JSON.stringify(uploaded));
  for (const letter of ['a', 'ä', '目', '😀']) {
    const name = named(`${letter.repeat(500)}.csv`);
    assert.ok(Buffer.byteLength(name) <= 170, name);
    assert.match(name, new RegExp(`^(${letter})+-output\\.csv$`, 'u'));
    assert.ok(downloadAs(letter.repeat(500), 'output.csv').length < 1_000);
  }
});

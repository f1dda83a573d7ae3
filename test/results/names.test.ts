import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { test } from 'node:test';
import { parseNameTemplate } from '../../src/presets/name-template.ts';
import { createNamer, nameInUrl, type NameParts } from '../../src/results/names.ts';
import { newFolder } from '../support/folder.ts';

const FILE: NameParts = {
  label: 'A-1',
  productName: 'Red shirt',
  position: 1,
  rendition: 'full',
  setId: '0123456789abcdef',
  extension: 'jpg',
};

/** One name, with nothing taken before. */
function nameOf(file: Partial<NameParts>, template = '{sku}-{position}-{rendition}.{ext}'): string {
  return createNamer(parseNameTemplate(template))({ ...FILE, ...file });
}

const HOSTILE = [
  '../../etc/passwd',
  '..\\..\\windows',
  '/abs',
  'C:\\x',
  '..',
  '.',
  '',
  ' ',
  '-rf',
  '.htaccess',
  '\0',
  'a\0b',
  'line\nbreak',
  '$(reboot)`x`',
  'a'.repeat(70_000),
  '漢'.repeat(500),
  '\u{1f600}'.repeat(100),
  '\u{20000}'.repeat(100),
  '\u202egpj.exe',
  '\ud800',
  'x\u0301\u0301',
  '\u0301',
  '\u3164',
  'CON',
  'nul.txt',
  'com1',
  'LPT¹',
  '=1+1',
  'a.',
  'a...',
  '%2e%2e%2f',
  '~root',
];

test('whatever a cell holds, the file is inside its folder, under a name that every file system allows', async () => {
  await using folder = await newFolder();
  for (const template of [
    '{sku}-{position}-{rendition}.{ext}',
    '{sku}',
    '{sku}/{name}',
    'x{name}{sku}{name}{sku}/{sku}{name}{sku}',
  ]) {
    const names = createNamer(parseNameTemplate(template));
    for (const value of HOSTILE) {
      const name = names({ ...FILE, label: value, productName: value });
      const path = resolve(folder.path, name);
      assert.ok(path.startsWith(`${folder.path}/`), `${JSON.stringify(value.slice(0, 20))} is ${path}`);
      for (const part of name.split('/')) {
        assert.match(part, /^[\p{L}\p{N}_][\p{L}\p{M}\p{N}._-]*$/u);
        assert.doesNotMatch(part, /^(con|nul|com1|lpt¹)(\.|$)/i);
        assert.ok(Buffer.byteLength(part) <= 250 && !part.endsWith('.'), part);
      }
      assert.equal(encodeURI(decodeURI(encodeURI(name))), encodeURI(name), 'no half characters');
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, '', { flag: 'wx' });
      assert.ok((await readdir(dirname(path))).includes(basename(path)));
    }
  }
});

test('letters and digits of any language stay as they are', () => {
  assert.equal(nameOf({ label: 'Größe 42/β-विन्टेज' }), 'Größe_42_β-विन्टेज-1-full.jpg');
  assert.equal(nameOf({ label: 'Zu\u0308rich' }), 'Z\u00fcrich-1-full.jpg', 'composed');
  assert.equal(nameOf({}, '{name}/{sku}.{hash16}'), 'Red_shirt/A-1.0123456789abcdef.jpg');
});

test('no two files share a name, also on file systems that ignore case or forms of letters', () => {
  const names = createNamer(parseNameTemplate('{sku}.{ext}'));
  const labels = [
    ...['A', 'a', 'Ａ', 'A/', 'A-2', 'ß', 'SS', 'ẞ', 'Σίσυφος', 'σίσυφοσ'],
    ...['é', 'e\u0301', 'É', 'K', '\u212a', 'x', 'y'],
  ];
  assert.deepEqual(
    labels.map((label) => names({ ...FILE, label })),
    [
      ...['A.jpg', 'a-2.jpg', 'Ａ-3.jpg', 'A_.jpg', 'A-2-2.jpg', 'ß.jpg', 'SS-2.jpg', 'ẞ-3.jpg'],
      ...[
        'Σίσυφος.jpg',
        'σίσυφοσ-2.jpg',
        'é.jpg',
        'é-2.jpg',
        'É-3.jpg',
        'K.jpg',
        'K-2.jpg',
        'x.jpg',
        'y.jpg',
      ],
    ],
  );
});

test('a hundred thousand products with the same name get unique names quickly', () => {
  const names = createNamer(parseNameTemplate('{name}.{ext}'));
  const all = new Set(Array.from({ length: 100_000 }, () => names(FILE).toLowerCase()));
  assert.equal(all.size, 100_000);
  assert.ok(all.has('red_shirt-100000.jpg'));
});

test('names do not change when a failed image is made later; names with {hash16} wait for the image', () => {
  const files = [FILE, { ...FILE, label: 'a-1' }, FILE];
  const failing: NameParts[] = files.map((file, i) => (i === 1 ? { ...file, setId: null } : file));
  const [before, later] = [failing, files].map((list) => list.map(createNamer(parseNameTemplate('{sku}'))));
  assert.deepEqual(before, later);
  const byContent = failing.map(createNamer(parseNameTemplate('{sku}-{hash16}')));
  assert.deepEqual(byContent, ['A-1-0123456789abcdef.jpg', '', 'A-1-0123456789abcdef-2.jpg']);
});

test('a name is one path segment of a URL', () => {
  const name = nameInUrl(parseNameTemplate('{sku}/{name} & more #{position}.{ext}'), {
    ...FILE,
    label: 'Ä/?',
  });
  assert.equal(name, '%C3%84__Red_shirt%20%26%20more%20%231.jpg');
});

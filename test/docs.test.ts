/** docs/, README.md and the command line's help, held against the code. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { REQUEST_PROBLEMS } from '../src/errors.ts';
import { IMAGE_PROBLEMS } from '../src/pipeline/image-problems.ts';
import { OF_FILES, wordsOfProblem } from '../src/pipeline/problem-words.ts';
import { runMinilab } from './support/minilab.ts';
import { runToEnd } from './support/processes.ts';

const ROOT = join(import.meta.dirname, '..');
const PRINT_HELP = join(import.meta.dirname, 'programs', 'print-help.ts');
const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', ...globSync('docs/*.md', { cwd: ROOT })];

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** The cells of each table row whose first cell is code. */
function rowsOf(markdown: string): string[][] {
  const lines = markdown.match(/^\| `.*\|$/gm) ?? [];
  return lines.map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim()),
  );
}

test('docs/errors.md has every image error, with its tries, its sentence and what to do', () => {
  const documented = Object.fromEntries(
    rowsOf(read('docs/errors.md'))
      .map(([code = '', ...facts]) => [code.replaceAll('`', ''), facts] as const)
      .filter(([code]) => code in IMAGE_PROBLEMS),
  );
  const codes = Object.entries(IMAGE_PROBLEMS).map(([code, { tries, sentence, advice, try_again }]) => {
    const shown = code === 'rate_limited' ? 'until the deadline' : String(tries); // a hold costs no try
    return [code, [shown, sentence, advice, try_again ? 'yes' : 'no']];
  });
  assert.deepEqual(documented, Object.fromEntries(codes));
});

test('docs/errors.md has every code of a request that fails, with its status, and no other', () => {
  const rows = read('docs/errors.md').matchAll(/^\| (\d{3}(?:, \d{3})*) \| ([^|]*) \|/gm);
  const documented = [...rows].flatMap(([, statuses = '', cell = '']) => {
    const all = statuses.split(', ');
    const codes = [...cell.matchAll(/`(\w+)`/g)].map(([, code = '']) => code);
    assert.ok(all.length === 1 || all.length === codes.length, cell);
    return codes.map((code, i) => `${code} ${all[i] ?? all[0]}`);
  });
  const statuses = [...REQUEST_PROBLEMS].map(([code, { status }]) => `${code} ${status}`);
  assert.deepEqual(documented.toSorted(), statuses.toSorted());
});

/** What can be wrong with a picture that is not downloaded. */
const OF_PICTURES = [
  ...['not_an_image', 'unsupported_format', 'image_too_large', 'truncated_image', 'corrupt_image'],
  ...[
    'placeholder_image',
    'source_too_large',
    'file_not_found',
    'deadline_exceeded',
    'cannot_meet_max_bytes',
  ],
  ...['decode_timeout', 'decode_memory', 'decoder_crashed'],
];

test('docs/errors.md has the words for pictures that are files, and they speak of no link, host or download', () => {
  const errors = read('docs/errors.md');
  for (const [code, { sentence, advice }] of Object.entries(OF_FILES))
    assert.ok(errors.includes(`- \`${code}\`: ${[sentence, advice].filter(Boolean).join(' ')}\n`), code);
  for (const url of ['upload:00', 'img/a.jpg'])
    for (const code of OF_PICTURES) {
      const { title, sentence, advice } = wordsOfProblem(code, url);
      assert.doesNotMatch(
        `${title} ${sentence} ${advice}`,
        /\b(?:links?|address|host|supplier|download)/i,
        code,
      );
    }
});

test('docs/errors.md has every code of an error or warning about a CSV, and no other', () => {
  const section = read('docs/errors.md').split('## Errors in a CSV')[1] ?? '';
  const documented = new Set([...section.matchAll(/`([a-z0-9_]+)`/g)].map(([, code = '']) => code));
  const sources = globSync('src/{archive,csv,feeds,intake,cli,workbook,zip}/**/*.ts', { cwd: ROOT })
    .map(read)
    .join('\n');
  for (const code of documented) {
    const [, option] = /^invalid_(width|height|quality|format)$/.exec(code) ?? [];
    assert.ok(option ? sources.includes('`invalid_${') : sources.includes(`'${code}'`), code);
  }
  const flaws = [...sources.matchAll(/\bline\b[^;{}]*\bcode: '([a-z_]+)'/g)].map(([, code = '']) => code);
  assert.deepEqual(
    flaws.filter((code) => !documented.has(code)),
    [],
  );
  assert.ok(documented.size > 30 && flaws.length > 5);
});

test('docs/settings.md has every setting that is read, and no other', () => {
  const source = read('src/config.ts') + read('src/settings/storage-settings.ts');
  const settings = new Set(
    [...source.matchAll(/\bread\.\w+(?:<[^()]*>)?\(\s*'([A-Z0-9_]+)'/g)].map(([, name = '']) => name),
  );
  const documented = rowsOf(read('docs/settings.md')).map(([name = '']) => name.replaceAll('`', ''));
  assert.deepEqual(documented.toSorted(), [...settings].toSorted());
  assert.ok(settings.size > 15);
});

test('every command in the help has its file, and documents mention only commands and options that exist', async () => {
  const pages = JSON.parse(await runToEnd(process.execPath, [PRINT_HELP])) as Record<string, string>;
  assert.equal((await runMinilab(['--help'])).out, pages['']);
  const commands = Object.keys(pages).filter((name) => /^[a-z-]+$/.test(name));
  const files = new Set(
    globSync('src/cli/*.ts', { cwd: ROOT }).map((path) => path.slice('src/cli/'.length, -3)),
  );
  assert.deepEqual(
    commands.filter((name) => !files.has(name)),
    [],
  );
  const options = new Set(
    Object.values(pages)
      .join('\n')
      .match(/--[a-z][a-z-]+/g),
  );
  for (const path of DOCUMENTS) {
    const text = read(path);
    for (const [, name = ''] of text.matchAll(/(?:`|npx )minilab ([a-z][a-z-]*)/g))
      assert.ok(commands.includes(name), `${path}: minilab ${name}`);
    for (const [line] of text.matchAll(/minilab [a-z-]+ [^\n`]*/g))
      for (const option of line.match(/ --[a-z][a-z-]+/g) ?? [])
        assert.ok(options.has(option.trim()), `${path}: ${line}`);
  }
});

test('links between documents, and paths of files in them, lead somewhere', () => {
  for (const path of DOCUMENTS) {
    const text = read(path);
    for (const [, target = '', anchor] of text.matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([\w-]+))?\)/g)) {
      const file = target === '' ? path : relative(ROOT, join(ROOT, dirname(path), target));
      const page = readFileSync(join(ROOT, file));
      if (anchor !== undefined)
        assert.ok(anchorsOf(page.toString()).has(anchor), `${path}: ${target}#${anchor}`);
    }
    const files = globSync(['{src,test,bench,examples}/**/*', '{docs,contract}/*'], { cwd: ROOT });
    for (const [, name = ''] of text.matchAll(/`((?:[\w.-]+\/)+[\w.-]+\.(?:ts|js|json))`/g))
      assert.ok(
        files.some((file) => file === name || file.endsWith(`/${name}`)) ||
          /^(dist|node_modules)\/|\/[A-Z]+\.\w+$/.test(name), // or a placeholder such as FORMAT.ts
        `${path}: ${name}`,
      );
  }
});

function anchorsOf(markdown: string): Set<string> {
  const headings = [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, '')
      .trim()
      .replaceAll(' ', '-'),
  );
  const ids = [...markdown.matchAll(/<a id="([\w-]+)"/g)].map(([, id = '']) => id);
  return new Set([...headings, ...ids]);
}

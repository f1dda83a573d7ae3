import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startHttp } from '../../src/app.ts';
import { encoderOf } from '../../src/csv/encoding.ts';
import { newServices } from '../support/batches.ts';
import { freePort, json } from '../support/minilab.ts';

const GOOD = 'https://shop.example/1.jpg';

// Rows by their text; `!` marks those with an error. Cells over several lines, stray marks and formulas stay as they are.
const ROWS: [isBad: boolean, text: string][] = [
  [false, `1,"Größe ""L""",${GOOD}`],
  [true, '2,"Über{}zwei Zeilen",ftp://shop.example/2.jpg'],
  [false, `3,=1+1,${GOOD}`],
  [true, '4,"27" Zoll" ,"oops, no address"  '],
  [true, '5,-10 %,C:\\images\\5.jpg'],
  [false, `6,Tasse,"${GOOD}{}${GOOD}"`],
  [true, '7,=HYPERLINK("x"),ftp://shop.example/7.jpg'],
  [true, '8,Ende,www.shop.example/8.jpg'],
];

/** @returns the file, and the part of it that its bad rows make */
function fileOf(lineEnd: string, { above = '', lastLineEnds = true } = {}): { csv: string; bad: string } {
  const head = `${above}SKU,Name,Input Image Urls${lineEnd}`;
  const rows = ROWS.map(([isBad, text], i) => {
    const isLast = i === ROWS.length - 1;
    return { isBad, text: text.replaceAll('{}', lineEnd) + (isLast && !lastLineEnds ? '' : lineEnd) };
  });
  const all = rows.map(({ text }, i) => (i === 3 ? `${lineEnd},,${lineEnd}${text}` : text)); // lines without content
  const bad = rows.filter(({ isBad }) => isBad).map(({ text }) => text);
  return { csv: head + all.join(''), bad: head + bad.join('') };
}

const FILES: Record<
  string,
  { file: ReturnType<typeof fileOf>; encode(text: string): Buffer; options?: string }
> = {
  'UTF-8 with a byte order mark': {
    file: fileOf('\r\n', { above: 'sep=,\r\n' }),
    encode: (text) => Buffer.from(`\u{feff}${text}`),
  },
  'UTF-16LE': { file: fileOf('\r\n'), encode: (text) => Buffer.from(`\u{feff}${text}`, 'utf16le') },
  'UTF-16BE': {
    file: fileOf('\r', { lastLineEnds: false }),
    encode: (text) => Buffer.from(`\u{feff}${text}`, 'utf16le').swap16(),
  },
  'windows-1252': {
    file: fileOf('\n', { lastLineEnds: false }),
    encode: (text) => encoderOf('windows-1252').encode(text),
    options: '?charset=windows-1252',
  },
  shift_jis: {
    file: japanese(fileOf('\r\n')),
    encode: (text) => encoderOf('shift_jis').encode(text),
    options: '?charset=shift_jis',
  },
  // No encoder: these two bytes are 中, and their second one is never a line end.
  gbk: {
    file: fileOf('\r', { above: 'Katalog Herbst\r' }),
    encode: (text) => Buffer.from(text.replaceAll(/[^\0-\x7f]/g, '\xd6\xd0'), 'latin1'),
    options: '?charset=gbk',
  },
};

/** Trail bytes of 表 and ソ are backslashes. */
function japanese({ csv, bad }: { csv: string; bad: string }): { csv: string; bad: string } {
  const put = (text: string): string => text.replaceAll(/[öüÜß]/g, '表ソ');
  return { csv: put(csv), bad: put(bad) };
}

describe('the bad rows of an upload', () => {
  const stack = new AsyncDisposableStack();
  let url: string;
  let folder: string;

  before(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const services = stack.use(await newServices({ PORT: String(port) }));
    folder = join(services.config.dataDir, 'tmp');
    const http = await startHttp(services, () => undefined);
    stack.defer(http.close);
  });

  after(() => stack.disposeAsync());

  async function keep(csv: Buffer): Promise<string> {
    const headers = { 'content-type': 'text/csv' };
    const kept = fetch(`${url}/v1/uploads?name=Katalog.csv`, { method: 'POST', headers, body: csv });
    return (await json<{ upload_id: string }>(kept)).upload_id;
  }

  const errorsOf = async (csv: Buffer, options = ''): Promise<Response> =>
    fetch(`${url}/v1/uploads/${await keep(csv)}/errors.csv${options}`);

  for (const [name, { file, encode, options = '' }] of Object.entries(FILES))
    test(`${name}: they are those bytes of the file, and have the same errors when they are uploaded`, async () => {
      const response = await errorsOf(encode(file.csv), options);
      assert.equal(response.status, 200, name);
      assert.equal(response.headers.get('content-disposition'), 'attachment; filename="Katalog-errors.csv"');
      const bytes = Buffer.from(await response.arrayBuffer());
      assert.deepEqual(bytes, encode(file.bad));
      assert.equal(response.headers.get('content-length'), String(bytes.length));
      const again = await errorsOf(bytes, options);
      assert.deepEqual(Buffer.from(await again.arrayBuffer()), bytes);
      const corrected = encode(
        file.bad.replaceAll(/(?:ftp:[^\r\n]*|"oops[^\r\n]*|C:\\[^\r\n]*|www[^\r\n]*)/g, GOOD),
      );
      const preview = fetch(`${url}/v1/batches/preview${options}`, {
        method: 'POST',
        headers: { 'content-type': 'text/csv' },
        body: corrected,
      });
      const { ok, rows } = await json<{ ok: boolean; rows: number }>(preview);
      assert.deepEqual({ ok, rows }, { ok: true, rows: 5 });
    });

  test('which rows are bad depends on the options; without any, only the header comes', async () => {
    const csv = 'SKU,Name,Photo\n1,,https://shop.example/1.jpg\n2,Cup,https://shop.example/2.jpg\n';
    assert.equal(await (await errorsOf(Buffer.from(csv))).text(), 'SKU,Name,Photo\n');
    const strict = await errorsOf(Buffer.from(csv), '?strict=true');
    assert.equal(await strict.text(), csv.slice(0, csv.indexOf('2,Cup')));
    const mapped = await errorsOf(Buffer.from(csv), '?columns={"images":"Name"}');
    assert.equal(await mapped.text(), 'SKU,Name,Photo\n2,Cup,https://shop.example/2.jpg\n');
  });

  test('a file that cannot be read as a table is refused with its errors, not cut off', async () => {
    for (const [csv, code] of [
      ['SKU,Image\n1,x\n2,"never closed\n', 'quote_not_closed'],
      ['SKU,Colour\n1,red\n', 'no_image_column'],
      ['SKU,Image\n1,x\n2,\xe4\n', 'wrong_encoding'],
      ['', 'empty_file'],
    ] as const) {
      const response = await errorsOf(Buffer.from(csv, 'latin1'));
      assert.equal(response.status, 422, code);
      const { errors } = await json<{ errors: { code: string }[] }>(response);
      assert.ok(
        errors.some((error) => error.code === code),
        code,
      );
    }
    const unknown = await errorsOf(Buffer.from('SKU,Image\n'), '?charsett=x');
    assert.equal(unknown.status, 400);
  });

  test('nothing of them stays in the folder of temporary files', async () => {
    const names = await readdir(folder);
    assert.deepEqual(
      names.filter((name) => !name.startsWith('kept-')),
      [],
    );
  });
});

import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { migratedDatabase } from '../support/database.ts';
import { type Folder, newFolder } from '../support/folder.ts';
import { json, type Running, runMinilab, startMinilab, upload } from '../support/minilab.ts';
import { photo, PHOTO_NAMES } from '../support/pictures.ts';

type ProblemBody = {
  code: string;
  detail: string;
  status: number;
  error_count?: number;
  errors?: { line: number; column?: number; code: string; detail: string }[];
};

const HEADER = 'S. No.,Product Name,Input Image Urls';

describe('bad input to the API', () => {
  let folder: Folder;
  let minilab: Running;
  before(async () => {
    folder = await newFolder();
    minilab = await startMinilab('serve', { DATA_DIR: folder.path });
  });
  after(async () => {
    await minilab[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  async function refused(response: Response | Promise<Response>): Promise<ProblemBody> {
    const answer = await response;
    assert.match(answer.headers.get('content-type') ?? '', /problem\+json/);
    const problem = await json<ProblemBody>(answer);
    assert.equal(problem.status, answer.status);
    assert.ok(!/\bat .*\.ts/.test(JSON.stringify(problem)), 'no stack trace');
    return problem;
  }

  async function nothingStored(): Promise<void> {
    const { items } = await json<{ items: unknown[] }>(fetch(`${minilab.url}/v1/batches`));
    assert.deepEqual(items, []);
    assert.deepEqual(
      (await readdir(join(folder.path, 'tmp'))).filter((name) => name.startsWith('upload')),
      [],
    );
  }

  test('every error of a file is told at once, with its line and column, and nothing is stored', async () => {
    const csv = [
      HEADER,
      '1,Good,https://example.com/1.jpg',
      '2,"A name\nover two lines",ftp://example.com/2.jpg',
      '',
      '3,No scheme,"https://example.com/3.jpg,https://user:secret@example.com/3.jpg"',
      '4,Not a URL,picture.jpg',
      `5,Too long,https://example.com/${'x'.repeat(2000)}`,
      `6,Too many,"${Array.from({ length: 51 }, (_, i) => `https://example.com/${i}.jpg`).join(',')}"`,
    ].join('\r\n');
    const problem = await refused(upload(minilab.url, csv));
    assert.equal(problem.status, 422);
    assert.equal(problem.code, 'csv_invalid');
    assert.equal(problem.error_count, 5);
    assert.deepEqual(
      problem.errors?.map(({ line, column, code }) => [line, column, code]),
      [
        [3, 3, 'invalid_url'],
        [6, 3, 'invalid_url'],
        [7, 3, 'invalid_url'],
        [8, 3, 'invalid_url'],
        [9, 3, 'too_many_urls'],
      ],
    );
    await nothingStored();
  });

  test('files that are no table of products are refused with what to do', async () => {
    const cases: [string, Buffer | string, string, RegExp][] = [
      ['empty', '', 'empty_file', /empty/],
      ['an image', photo(PHOTO_NAMES[0] ?? ''), 'not_a_csv', /an image \(jpeg\), not a CSV/],
      [
        'half a workbook',
        Buffer.from('PK\x03\x04' + 'x'.repeat(300), 'latin1'),
        'zip_damaged',
        /end of the file is missing/,
      ],
      ['a web page', '<!doctype html><html></html>', 'not_a_csv', /web page/],
      ['a wrong header', 'a,b,c\n1,2,3\n', 'no_image_column', /this file has "a", "b", "c"/],
      ['no header', '1,Name,https://example.com/1.jpg\n', 'no_image_column', /put a header line/],
      ['a header alone', `${HEADER}\n`, 'no_rows', /no rows/],
      [
        'Latin-1',
        Buffer.from(`${HEADER}\n1,Käse,https://example.com/1.jpg\n`, 'latin1'),
        'wrong_encoding',
        /UTF-8/,
      ],
      ['an open quote', `${HEADER}\n1,"Name,https://example.com/1.jpg\n`, 'quote_not_closed', /never closed/],
      [
        'too many cells',
        'Image,Name\nhttps://example.com/1.jpg,a,b\n',
        'too_many_cells',
        /3 cells and the header 2/,
      ],
    ];
    for (const [name, content, code, detail] of cases) {
      const problem = await refused(upload(minilab.url, content));
      assert.equal(problem.status, 422, name);
      assert.equal(problem.errors?.[0]?.code, code, name);
      assert.match(problem.errors?.[0]?.detail ?? '', detail, name);
    }
    await nothingStored();
  });

  test('requests that are not uploads are refused with what to do', async () => {
    const url = `${minilab.url}/v1/batches`;
    const noFile = await refused(fetch(url, { method: 'POST', body: new FormData() }));
    assert.equal(noFile.status, 400);
    const form = new FormData();
    form.set('name', 'x');
    assert.match((await refused(fetch(url, { method: 'POST', body: form }))).detail, /no file/);
    form.set('picture', new Blob(['x']), 'x.csv');
    assert.match(
      (await refused(fetch(url, { method: 'POST', body: form }))).detail,
      /part "file", not "picture"/,
    );
    assert.equal((await refused(fetch(url, { method: 'POST' }))).status, 415);
    const asOther = await refused(
      fetch(url, { method: 'POST', body: '{}', headers: { 'content-type': 'application/pdf' } }),
    );
    assert.equal(asOther.status, 415);
    const good = `${HEADER}\n1,A,https://example.com/1.jpg\n`;
    assert.match((await refused(upload(minilab.url, good, { preset: 'nope' }))).detail, /There are: web/);
    assert.match(
      (await refused(upload(minilab.url, good, { colour: 'red' }))).detail,
      /Unknown option: colour/,
    );
    assert.match(
      (
        await refused(
          fetch(`${url}?preset=nope`, {
            method: 'POST',
            body: good,
            headers: { 'content-type': 'text/csv' },
          }),
        )
      ).detail,
      /no preset "nope"/,
    );
    assert.equal((await refused(fetch(`${url}?limit=many`))).status, 400);
    assert.equal((await refused(fetch(`${url}?cursor=%00`))).status, 400);
    await nothingStored();
  });

  test('an upload whose connection is cut leaves nothing behind', async () => {
    const { port } = new URL(minilab.url);
    for (const type of ['text/csv', 'multipart/form-data; boundary=x']) {
      const socket = connect(Number(port), '127.0.0.1');
      await once(socket, 'connect');
      const part = type.startsWith('m')
        ? '--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
        : '';
      socket.write(
        `POST /v1/batches HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ncontent-length: 100000\r\n\r\n`,
      );
      socket.write(`${part}${HEADER}\n1,A,https://example.com/1.jpg\n`);
      while ((await readdir(join(folder.path, 'tmp'))).every((name) => !name.startsWith('upload')))
        await new Promise(setImmediate);
      socket.destroy();
      while ((await readdir(join(folder.path, 'tmp'))).some((name) => name.startsWith('upload')))
        await new Promise(setImmediate);
    }
    await nothingStored();
  });

  test('an upload that is larger than allowed is refused', async () => {
    await using small = await newFolder();
    const settings = {
      DATA_DIR: small.path,
      DATABASE_URL: await migratedDatabase(),
      MAX_UPLOAD_BYTES: '1MiB',
    };
    await using other = await startMinilab('serve', settings);
    const row = `1,${'x'.repeat(1000)},https://example.com/1.jpg\n`;
    const problem = await refused(upload(other.url, `${HEADER}\n${row.repeat(2000)}`));
    assert.equal(problem.status, 413);
    assert.match(problem.detail, /larger than 1 MiB/);
  });

  test('requests of foreign hosts and origins are refused', async () => {
    const { port } = new URL(minilab.url);
    async function status(headers: string): Promise<string> {
      const socket = connect(Number(port), '127.0.0.1');
      socket.end(`GET /healthz HTTP/1.1\r\nconnection: close\r\n${headers}\r\n\r\n`);
      let answer = '';
      for await (const chunk of socket) answer += (chunk as Buffer).toString();
      return answer.slice(9, 12);
    }
    assert.equal(await status(`host: localhost:${port}`), '200');
    assert.equal(await status('host: rebound.example'), '403');
    assert.equal(await status(`host: localhost:${port}\r\norigin: http://evil.example`), '403');
    assert.equal(await status(`host: localhost:${port}\r\norigin: null`), '403');
    assert.equal(await status(`host: localhost:${port}\r\norigin: http://localhost:${port}`), '200');
  });

  test('a second `serve` on the same folder is refused with the pid of the first', async () => {
    const { code, err } = await runMinilab(['serve'], { settings: { DATA_DIR: folder.path, PORT: '1' } });
    assert.equal(code, 1);
    assert.match(err, new RegExp(`minilab serve \\(process ${minilab.child.pid}\\) uses the data folder`));
  });
});

describe('bad input to the command line', () => {
  let database: string;
  before(async () => {
    database = await migratedDatabase();
  });

  async function fails(
    args: string[],
    settings: Record<string, string> = {},
  ): Promise<{ code: number | null; err: string }> {
    await using folder = await newFolder();
    const { code, err } = await runMinilab(args, {
      settings: { DATA_DIR: join(folder.path, 'data'), DATABASE_URL: database, ...settings },
      cwd: folder.path,
    });
    assert.ok(!/^\s+at /m.test(err), `no stack trace: ${err}`);
    return { code, err };
  }

  test('a file that is not there, a folder, an empty file, an image, a wrong header', async () => {
    await using folder = await newFolder();
    const file = (name: string): string => join(folder.path, name);
    await writeFile(file('empty.csv'), '');
    await writeFile(file('photo.csv'), photo(PHOTO_NAMES[0] ?? ''));
    await writeFile(file('wrong.csv'), 'a,b\n1,2\n');
    await writeFile(file('errors.csv'), `${HEADER}\n1,A,ftp://a/1.jpg\n2,B,ftp://b/1.jpg\n`);
    const cases: [string[], number, RegExp][] = [
      [['process', file('nope.csv')], 1, /nope\.csv does not exist/],
      [['process', folder.path], 1, /is not a file/],
      [['process', file('empty.csv')], 2, /The file is empty/],
      [['process', file('photo.csv')], 2, /This is an image/],
      [['process', file('wrong.csv')], 2, /No column of image URLs/],
      [
        ['process', file('errors.csv')],
        2,
        /2 errors in 2 rows[^]*line 2, column 3: "ftp[^]*line 3, column 3/,
      ],
      [['process', file('wrong.csv'), '--preset', 'nope'], 1, /There are: web/],
      [['process'], 2, /missing required argument/],
      [['frobnicate'], 2, /unknown command/],
    ];
    for (const [args, expected, pattern] of cases) {
      const { code, err } = await fails(args);
      assert.equal(code, expected, args.join(' '));
      assert.match(err, pattern);
    }
  });

  test('settings that are wrong are told together, by name', async () => {
    const { code, err } = await fails(['serve'], {
      PORT: 'many',
      LOG_LEVEL: 'loud',
      MAX_SOURCE_BYTES: '-1',
      TRUST_PROXY: 'everybody',
    });
    assert.equal(code, 1);
    for (const name of ['PORT', 'LOG_LEVEL', 'MAX_SOURCE_BYTES', 'TRUST_PROXY'])
      assert.match(err, new RegExp(`^(.*: )?${name} is`, 'm'));
  });

  test('a port in use', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { code, err } = await fails(['serve'], { PORT: String(port) });
    server.close();
    assert.equal(code, 1);
    assert.match(err, new RegExp(`Port ${port} on 127\\.0\\.0\\.1 is in use by another program`));
  });

  test('a database that is down, or refuses us', async () => {
    const { code, err } = await fails(['serve'], { DATABASE_URL: 'postgres://u:p@127.0.0.1:1/x' });
    assert.equal(code, 1);
    assert.match(err, /The database x on 127\.0\.0\.1:1 cannot be used/);
    assert.doesNotMatch(err, /:p@/);
  });

  test('a folder that cannot be written', async () => {
    await using folder = await newFolder();
    await writeFile(join(folder.path, 'file'), '');
    const inFile = await fails(['serve'], { DATA_DIR: join(folder.path, 'file', 'data') });
    assert.equal(inFile.code, 1);
    assert.match(
      inFile.err,
      /cannot be written: a part of the path is a file\. Choose another folder with DATA_DIR/,
    );
    if (process.getuid?.() === 0) return; // root may write anywhere
    await mkdir(join(folder.path, 'locked'));
    await chmod(join(folder.path, 'locked'), 0o555);
    const locked = await fails(['serve'], { DATA_DIR: join(folder.path, 'locked') });
    assert.equal(locked.code, 1);
    assert.match(locked.err, /permission denied/);
  });
});

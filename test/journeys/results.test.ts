import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readlink, rm } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { escapeFormula, unescapeFormula } from '../../src/csv/formulas.ts';
import { uuidOf } from '../../src/ids.ts';
import { migratedDatabase } from '../support/database.ts';
import { newFolder, type Folder } from '../support/folder.ts';
import { HOSTILE_CELLS } from '../support/hostile-cells.ts';
import { type Batch, json, type Running, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { photo, PHOTO_NAMES, smallPicture } from '../support/pictures.ts';
import { readZip } from '../support/zip.ts';

const HEADER = 'SKU,Product Name,Input Image Urls';

describe('results', () => {
  let folder: Folder;
  let origin: Origin;
  let minilab: Running;
  let database: Database;
  const pictures = new Map<string, Buffer>();
  before(async () => {
    folder = await newFolder();
    for (let i = 1; i <= 6; i += 1) pictures.set(`/${i}.jpg`, await smallPicture(i));
    pictures.set('/photo.jpg', photo(PHOTO_NAMES[0] ?? ''));
    origin = await startOrigin((path) => {
      if (path.startsWith('/moved')) return (_request, response) => redirect(response, path.slice(6));
      return pictures.get(path.split('?')[0] ?? '');
    });
    const url = await migratedDatabase();
    database = openDatabase(url);
    minilab = await startMinilab('serve', { DATABASE_URL: url, DATA_DIR: folder.path });
  });
  after(async () => {
    await minilab[Symbol.asyncDispose]();
    await database.db.destroy();
    await origin[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  async function ended(csv: string | Buffer, fields: Record<string, string> = {}): Promise<Batch> {
    const response = await upload(minilab.url, csv, fields);
    assert.equal(response.status, 202, await response.clone().text());
    return untilEnded((await json<Batch>(response)).links.self);
  }

  async function result(batch: Batch, path: string): Promise<Response> {
    const response = await fetch(`${batch.links.self}/${path}`);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('cache-control'), 'no-cache');
    assert.match(
      response.headers.get('content-disposition') ?? '',
      /^attachment; filename="catalog-(output\.csv|failed\.csv|manifest\.ndjson|images\.zip)"$/,
    );
    return response;
  }

  async function rows(batch: Batch, path = 'output.csv'): Promise<string[][]> {
    return parse(await (await result(batch, path)).text());
  }

  async function bytesOf(url: string): Promise<Buffer> {
    const response = await fetch(url);
    assert.equal(response.status, 200, url);
    return Buffer.from(await response.arrayBuffer());
  }

  for (const delimiter of [',', ';', '\t'])
    for (const bom of ['', '\ufeff'])
      test(`whatever cells hold, they come back: delimiter ${JSON.stringify(delimiter)}${bom && ', BOM'}`, async () => {
        const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
        const header = ['Note; a, b', 'Input Image Urls', '=Other', 'Status'];
        const table = HOSTILE_CELLS.map((cell, i) => [
          cell,
          i % 3 === 0 ? '' : `${origin.url}/${1 + (i % 6)}.jpg|${origin.url}/gone.jpg`,
          HOSTILE_CELLS.at(-i) ?? '',
          cell,
        ]);
        const text = [header, ...table].map((row) => row.map(quoted).join(delimiter)).join('\r\n');
        const batch = await ended(`${bom}${text}\r\n`);

        const output = await bytesOf(`${batch.links.self}/output.csv?style=replace&on_failed=source`);
        assert.equal(
          output.subarray(0, 3).equals(Buffer.from('\ufeff')),
          bom !== '',
          'a BOM as the input had one',
        );
        const records: string[][] = parse(output, { delimiter, bom: true });
        assert.equal(records.length, table.length + 1);
        for (const [i, row] of [header, ...table].entries())
          for (const column of [0, 2, 3])
            assert.equal(records[i]?.[column], row[column], `row ${i}, column ${column}`);
        const own: string[][] = parse(await bytesOf(batch.links.output_csv), { delimiter, bom: true });
        assert.deepEqual(
          own.map((row) => row.slice(0, 3)),
          [header, ...table].map((row) =>
            row.slice(0, 3).map((cell) => escapeFormula(unescapeFormula(cell))),
          ),
        );
        const again = await ended(output);
        assert.equal(again.counts.total, batch.counts.total, 'and may be uploaded again');
      });

  test('style=replace writes into the input’s own column, and the shop’s Status stays', async () => {
    const [one, gone, two] = ['1', 'gone', '2'].map((name) => `${origin.url}/${name}.jpg`);
    const csv = `Handle,Image Src,Status\nshirt,"${one}, ${gone}, ${two}",draft\nhat,,active\n`;
    const batch = await ended(csv);
    const [first, , second] = ((await rows(batch))[1]?.[2] ?? '').split(', ');
    for (const url of [first, second]) assert.ok((await bytesOf(url ?? '')).length > 0);
    assert.deepEqual(await rows(batch, 'output.csv?style=replace'), [
      ['Handle', 'Image Src', 'Status'],
      ['shirt', `${first}, , ${second}`, 'draft'],
      ['hat', '', 'active'],
    ]);
    const kept = await rows(batch, 'output.csv?style=replace&on_failed=source');
    assert.equal(kept[1]?.[1], `${first}, ${gone}, ${second}`);
  });

  test('style=replace changes nothing but the URLs: lines around the header, quotes, line ends, encoding, formulas', async () => {
    const url = `${origin.url}/1.jpg`;
    const gone = `${origin.url}/gone.jpg`;
    for (const [end, last] of [
      ['\r\n', '\r\n'],
      ['\n', ''],
    ] as const)
      for (const [charset, encode] of [
        ['windows-1252', (text: string) => Buffer.from(text.replaceAll('€', '\x80'), 'latin1')],
        ['utf-8', (text: string) => Buffer.from(`\ufeff${text}`)],
        ['utf-16le', (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le')],
      ] as const) {
        const lines = [
          'sep=;',
          'Größen 2026;;"=Formel"',
          '',
          '"SKU";Name; Bild ;Preis €;"Text"',
          'Text;Text;URL;EUR;',
          `1;"Stuhl";${url};-10% Sale;'=1+1`,
          `2;Monitor 27" IPS;"${url},${gone}";=1+1;"two${end}lines"`,
          `"";"";${gone};;" spaces "`,
          `3;short;${url}`,
          `4;'-x;${url};"a;b";""`,
        ];
        const source = lines.join(end) + last;
        const options = charset === 'windows-1252' ? { charset } : {};
        const batch = await ended(encode(source), options);
        assert.equal(batch.counts.total, 6);
        const output = await fetch(`${batch.links.self}/output.csv?style=replace&on_failed=source`);
        assert.equal(output.headers.get('content-type'), `text/csv; charset=${charset}`);
        const bytes = Buffer.from(await output.arrayBuffer());
        const text = new TextDecoder(charset).decode(bytes);
        const [made = ''] = /http:\S+?\/files\/[^\s;,"]+/.exec(text) ?? [];
        assert.ok(made, text);
        assert.deepEqual(bytes, encode(source.replaceAll(url, made)));
        const failed = await bytesOf(`${batch.links.self}/failed.csv`);
        const rest = [...lines.slice(0, 5), ...lines.slice(6, 8)];
        assert.deepEqual(failed, encode(rest.join(end) + last));
        const again = await ended(failed, options);
        assert.deepEqual(await bytesOf(`${again.links.self}/failed.csv`), failed);
      }
  });

  test('an uploaded output.csv goes back without the apostrophes that it was given', async () => {
    const batch = await ended(`SKU,Note,Image\n1,-10% Sale,${origin.url}/1.jpg\n`);
    const own = await (await result(batch, 'output.csv')).text();
    assert.match(own, /'-10% Sale/);
    const again = await ended(own);
    assert.match(await (await result(again, 'output.csv?style=replace')).text(), /\n1,-10% Sale,/);
  });

  test('batches of an earlier version are written as they were then', async () => {
    const batch = await ended(`\ufeffSKU;Note;Image\r\n1;"=n";${origin.url}/gone.jpg\r\n`);
    await sql`
      update batches set table_format = (table_format::jsonb - 'written')::json
      where batch_id = ${uuidOf('bat', batch.id)}`.execute(database.db);
    await sql`update products set quoted = null where batch_id = ${uuidOf('bat', batch.id)}`.execute(
      database.db,
    );
    const expected = `\ufeffSKU;Note;Image\n1;'=n;${origin.url}/gone.jpg\n`;
    assert.deepEqual(await bytesOf(`${batch.links.self}/failed.csv`), Buffer.from(expected));
    const replaced = await bytesOf(`${batch.links.self}/output.csv?style=replace&on_failed=source`);
    assert.deepEqual(replaced, Buffer.from(expected));
  });

  test('downloads are named after the file that was uploaded, whatever the batch is called', async () => {
    const form = new FormData();
    form.set('name', 'Spring');
    form.set('file', new Blob(['Image,Title\n,x\n']), 'Katalog Größe.csv');
    const named = await json<Batch>(fetch(`${minilab.url}/v1/batches`, { method: 'POST', body: form }));
    const body = { method: 'POST', headers: { 'content-type': 'text/csv' }, body: 'Image,Title\n,x\n' };
    const bare = await json<Batch>(fetch(`${minilab.url}/v1/batches?name=Autumn`, body));
    const headerOf = async ({ links }: Batch): Promise<string | null> =>
      (await fetch(links.output_csv)).headers.get('content-disposition');
    assert.equal(
      await headerOf(named),
      `attachment; filename="Katalog Gro_e-output.csv"; filename*=UTF-8''Katalog%20Gr%C3%B6%C3%9Fe-output.csv`,
    );
    assert.equal(await headerOf(bare), 'attachment; filename="Autumn-output.csv"');
  });

  test('a style that there is not, and a batch that there is not', async () => {
    const batch = await ended(`${HEADER}\n1,A,\n`);
    for (const query of ['style=other', 'on_failed=source', 'style=replace&on_failed=x', 'styl=replace']) {
      const response = await fetch(`${batch.links.self}/output.csv?${query}`);
      assert.equal(response.status, 400, query);
      assert.equal((await json<{ code: string }>(response)).code, 'bad_request');
    }
    for (const path of ['output.csv', 'failed.csv', 'manifest.ndjson', 'images.zip']) {
      const response = await fetch(`${minilab.url}/v1/batches/bat_01h455vb4pex5vsknk084sn02q/${path}`);
      assert.equal(response.status, 404, path);
    }
  });

  test('failed.csv has the rows that failed as they were, and gives them again when it is uploaded', async () => {
    const [good, gone] = [`${origin.url}/1.jpg`, `${origin.url}/gone.jpg`];
    const failing = [
      ['2', "'=1+1", `${good},${gone}`],
      ['4', 'two\nlines', `${gone} | ${good}`],
      ['5', 'spilled', gone, '', good],
    ];
    const all = [
      ['1', 'fine', good],
      failing[0],
      ['3', 'none', ''],
      ...failing.slice(1),
      ['6', 'fine', good],
    ];
    const text = [HEADER.split(','), ...all].map((row) =>
      row?.map((cell, i) => (i < 3 ? `"${cell}"` : cell)).join(';'),
    );
    const batch = await ended(`\ufeff${text.join('\n')}\n`);
    const failed = await bytesOf(`${batch.links.self}/failed.csv`);
    assert.deepEqual(failed.subarray(0, 3), Buffer.from('\ufeff'));
    assert.deepEqual(parse(failed, { delimiter: ';', bom: true }), [
      HEADER.split(','),
      ...failing.slice(0, 2),
      ['5', 'spilled', `${gone},,${good}`],
    ]);
    const again = await ended(failed);
    assert.equal(again.products, 3);
    assert.deepEqual(await bytesOf(`${again.links.self}/failed.csv`), failed);
    const none = await ended(`${HEADER}\n1,A,${good}\n`);
    assert.equal((await rows(none, 'failed.csv')).length, 1, 'nothing failed: the header alone');
  });

  test('rows that intake rejected come back, failed, with what is wrong, and in failed.csv as they were', async () => {
    const [good, other] = [`${origin.url}/1.jpg`, `${origin.url}/2.jpg`];
    const csv = `SKU,Images,Note\n1,${good},\n2,"${good},https://u:p@x/1.jpg",=n\n3,,,x,=y\n4,${other},\n`;
    const batch = await ended(csv, { on_invalid: 'skip' });
    assert.equal(batch.state, 'completed_with_errors');
    const output = await rows(batch);
    assert.deepEqual(
      output.slice(1).map((row) => row.toSpliced(3, 2)),
      [
        ['1', good, '', 'completed', ''],
        ['2', `${good},https://u:p@x/1.jpg`, "'=n", 'failed', '1:row_rejected; 2:invalid_url'],
        ['3', '', '', 'failed', 'row:too_many_cells'],
        ['4', other, '', 'completed', ''],
      ],
    );
    assert.equal(output[2]?.[3], ',', 'its slots are there');
    const failed = await (await result(batch, 'failed.csv')).text();
    assert.equal(failed, `SKU,Images,Note\n2,"${good},https://u:p@x/1.jpg",=n\n3,,,x,=y\n`);
    const again = await ended(failed, { on_invalid: 'skip' });
    assert.equal(await (await result(again, 'failed.csv')).text(), failed);
    const names = await readZip(await bytesOf(`${batch.links.self}/images.zip`));
    assert.deepEqual(
      [...names.keys()],
      ['1-1-full.jpg', '1-1-thumb.jpg', '4-1-full.jpg', '4-1-thumb.jpg', 'output.csv'],
    );
  });

  test('several URL columns: their outputs stand in one cell in sequence, or each in place of its source', async () => {
    const [one, two, gone] = ['1', '2', 'gone'].map((name) => `${origin.url}/${name}.jpg`);
    const batch = await ended(`additional_image_link,id,image_link\n"${gone},${two}",7,${one}\n,8,${two}\n`);
    const outputs = (await rows(batch)).slice(1).map((row) => (row[3] ?? '').split(','));
    assert.deepEqual(
      outputs.map((urls) => urls.map((url) => url !== '')),
      [[true, false, true], [true]],
    );
    assert.deepEqual((await rows(batch, 'output.csv?style=replace')).slice(1), [
      [`,${outputs[0]?.[2]}`, '7', outputs[0]?.[0]],
      ['', '8', outputs[1]?.[0]],
    ]);
  });

  test('of a cancelled batch, what had not ended is cancelled', async () => {
    const batch = await ended(`${HEADER}\n1,A,${origin.url}/1.jpg\n2,B,${origin.url}/2.jpg\n`);
    const batchId = uuidOf('bat', batch.id);
    await sql`
      update images set state = 'pending', hash16 = null, ended_at = null
      where batch_id = ${batchId} and slot = 2`.execute(database.db);
    await sql`
      update batches set state = 'cancelled', completed = 1, cancelled = 1
      where batch_id = ${batchId}`.execute(database.db);
    assert.deepEqual((await rows(batch))[2]?.slice(-2), ['cancelled', '']);
    const lines = (await (await result(batch, 'manifest.ndjson')).text()).trim().split('\n');
    assert.equal((JSON.parse(lines.at(-1) ?? '') as { state: string }).state, 'cancelled');
  });

  test('the manifest tells of each file what it was made from, by what and when', async () => {
    const moved = `${origin.url}/moved/3.jpg`;
    const batch = await ended(`${HEADER}\nS-3,A,"${moved},${origin.url}/gone.jpg"\n`);
    const response = await result(batch, 'manifest.ndjson');
    assert.equal(response.headers.get('content-type'), 'application/x-ndjson');
    type Line = {
      [key: string]: unknown;
      source: { sha256: string; bytes: number; format: string; difference_hash: string } | null;
      rendition: { name: string; url: string; sha256: string; bytes: number } | null;
      times: Record<string, string | null>;
    };
    const lines = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
    assert.deepEqual(
      lines.map(({ slot, position, state, rendition }) => [slot, position, state, rendition?.name]),
      [
        [1, 1, 'completed', 'full'],
        [1, 1, 'completed', 'thumb'],
        [2, 2, 'failed', undefined],
      ],
    );
    const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    const original = pictures.get('/3.jpg') ?? Buffer.alloc(0);
    for (const { batch: id, source, rendition, source_url, final_url, made_by, times, preset } of lines.slice(
      0,
      2,
    )) {
      assert.equal(id, batch.id);
      assert.deepEqual([source_url, final_url, preset], [moved, `${origin.url}/3.jpg`, 'web']);
      assert.deepEqual([source?.sha256, source?.bytes], [sha256(original), original.length]);
      assert.match(source?.difference_hash ?? '', /^[0-9a-f]{16}$/);
      const served = await bytesOf(rendition?.url ?? '');
      assert.deepEqual([rendition?.sha256, rendition?.bytes], [sha256(served), served.length]);
      assert.deepEqual(Object.keys(made_by as object), ['minilab', 'sharp', 'libvips']);
      assert.match(JSON.stringify(made_by), /"sharp":"\d+\.\d+\.\d+","libvips":"\d+\.\d+\.\d+"/);
      for (const time of ['fetched_at', 'made_at', 'ended_at'])
        assert.ok(Date.parse(times[time] ?? '') > 0, time);
    }
    assert.deepEqual(lines[2]?.rendition, null);
    assert.equal(lines[2]?.['error_code'], 'not_found');
    assert.match(String(lines[2]?.['error_detail']), /Nothing was found at this address/);
  });

  const SKUS = ['../../etc/passwd', 'A', 'a', 'NUL', '', '漢/字', 'x\u202egpj', '..\\..\\x', 'A-1-full'];

  test('images.zip holds every file under a name of its own, and output.csv with these names', async () => {
    const lines = SKUS.map(
      (sku, i) => `"${sku}",P,"${origin.url}/${1 + (i % 6)}.jpg,${origin.url}/gone.jpg"`,
    );
    const batch = await ended(`${HEADER}\n${lines.join('\n')}\n`);
    const response = await result(batch, 'images.zip');
    assert.equal(response.headers.get('content-type'), 'application/zip');
    const files = await readZip(Buffer.from(await response.arrayBuffer()));
    assert.equal([...files.keys()].at(-1), 'output.csv');
    assert.equal(new Set([...files.keys()].map((name) => name.toLowerCase())).size, 2 * SKUS.length + 1);
    const urls = await rows(batch);
    const names: string[][] = parse(files.get('output.csv') ?? '');
    for (const [i, row] of names.entries()) {
      if (i === 0) assert.deepEqual(row, urls[0]);
      else
        for (const column of [3, 4]) {
          const [name = '', second] = (row[column] ?? '').split(',');
          const [url = ''] = (urls[i]?.[column] ?? '').split(',');
          assert.equal(second, '');
          assert.match(name, /^[\p{L}\p{N}_][\p{L}\p{N}._-]*-1-(full|thumb)(-\d)?\.jpg$/u);
          assert.deepEqual(files.get(name), await bytesOf(url));
        }
    }
    assert.deepEqual(
      names.slice(1, 4).map((row) => row[3]),
      ['etc_passwd-1-full.jpg,', 'A-1-full.jpg,', 'a-1-full-2.jpg,'],
    );
  });

  test('a file that is missing in the storage is left out of the archive, and its slot is empty there', async () => {
    const batch = await ended(`${HEADER}\nA,P,${origin.url}/1.jpg?own\nB,P,${origin.url}/2.jpg?own\n`);
    const [, , second] = await rows(batch);
    const [, token = '', hash16 = '', file = ''] =
      /files\/(\w+)\/(\w+)\/([\w.]+)/.exec(second?.[3] ?? '') ?? [];
    const path = join(folder.path, 'files', token, hash16.slice(0, 2), `${hash16}.${file}`);
    const kept = await bytesOf(second?.[3] ?? '');
    await rm(path);
    const files = await readZip(await bytesOf(`${batch.links.self}/images.zip`));
    assert.deepEqual([...files.keys()], ['A-1-full.jpg', 'A-1-thumb.jpg', 'B-1-thumb.jpg', 'output.csv']);
    assert.equal(parse(files.get('output.csv') ?? '')[2]?.[3], '');
    assert.match(minilab.said(), new RegExp(`${hash16}/${file}.*a rendition is missing in the storage`));
    assert.ok(kept.length > 0);
  });

  test('a name template names the files of the archive, and ends the URLs, which lead to the same bytes', async () => {
    const csv = `${HEADER}\nA/1,Größe & Co,${origin.url}/4.jpg\nA/1,Größe & Co,${origin.url}/5.jpg\n`;
    const batch = await ended(csv);
    const plain = (await rows(batch)).slice(1).map((row) => row[3] ?? '');
    await sql`
      update batches set name_template = '{sku}/{name} {position}'
      where batch_id = ${uuidOf('bat', batch.id)}`.execute(database.db);
    const named = (await rows(batch)).slice(1).map((row) => row[3] ?? '');
    assert.deepEqual(
      named,
      plain.map((url) => `${url}/A_1_Gr%C3%B6%C3%9Fe_Co%201.jpg`),
    );
    for (const [i, url] of named.entries()) {
      assert.deepEqual(await bytesOf(url), await bytesOf(plain[i] ?? ''));
      assert.equal((await fetch(`${plain[i]}/${'%E6%BC%A2'.repeat(80)}.jpg`)).status, 200, 'a long name');
      for (const bad of ['/a/b', '/a%2Fb']) assert.equal((await fetch(`${plain[i]}${bad}`)).status, 404, bad);
    }
    const files = await readZip(await bytesOf(`${batch.links.self}/images.zip`));
    assert.deepEqual(
      [...files.keys()],
      [
        'A_1/Größe_Co 1.jpg',
        'A_1/Größe_Co 1-2.jpg',
        'A_1/Größe_Co 1-3.jpg',
        'A_1/Größe_Co 1-4.jpg',
        'output.csv',
      ],
    );
    const manifest = await (await result(batch, 'manifest.ndjson')).text();
    assert.ok(manifest.includes(`"url":"${named[0]}"`));
  });

  test('a client that goes away in the middle of an archive ends the work, and leaves no file', async () => {
    const products = Array.from({ length: 300 }, (_, i) => `${i},P,${origin.url}/photo.jpg`);
    const batch = await ended(`${HEADER}\n${products.join('\n')}\n`);
    const request = get(`${batch.links.self}/images.zip`);
    request.on('error', () => {});
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    await once(response, 'readable');
    if (process.platform === 'linux') assert.equal(await scratchFiles(minilab), 2);
    assert.deepEqual(await readdir(join(folder.path, 'tmp')).then(withoutWorkers), []);
    response.destroy();
    while (process.platform === 'linux' && (await scratchFiles(minilab)) > 0) await sleep(20);
    const whole = await readZip(await bytesOf(`${batch.links.self}/images.zip`));
    assert.equal(whole.size, 601);
  });
});

function redirect(
  response: { statusCode: number; setHeader(name: string, value: string): void; end(): void },
  to: string,
) {
  response.statusCode = 302;
  response.setHeader('location', to);
  response.end();
}

function withoutWorkers(names: string[]): string[] {
  return names.filter((name) => !name.startsWith('worker-'));
}

/** How many temporary files a process has open: they have no name any more. */
async function scratchFiles({ child }: Running): Promise<number> {
  const folder = `/proc/${child.pid}/fd`;
  const open = await Promise.all(
    (await readdir(folder)).map((name) => readlink(join(folder, name)).catch(() => '')),
  );
  return open.filter((path) => path.includes('scratch-')).length;
}

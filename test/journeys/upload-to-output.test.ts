import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { newFolder, type Folder } from '../support/folder.ts';
import { type Batch, json, type Running, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { photo, PHOTO_NAMES, visualDistance } from '../support/pictures.ts';

const HEADER = 'S. No.,Product Name,Input Image Urls';

describe('a catalogue of photographs', () => {
  let folder: Folder;
  let origin: Origin;
  let minilab: Running;
  before(async () => {
    folder = await newFolder();
    origin = await startOrigin((path) => {
      const name = path.slice(1).split('?')[0] ?? '';
      if (name === 'page') return Buffer.from('<!doctype html><title>Sign in</title>');
      if (name.startsWith('half-')) return photo(name.slice(5)).subarray(0, 300_000);
      return PHOTO_NAMES.includes(name) ? photo(name) : undefined;
    });
    minilab = await startMinilab('serve', { DATA_DIR: folder.path });
  });
  after(async () => {
    await minilab[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test('every slot of output.csv opens and holds its own picture, with rows shuffled and images failing', async () => {
    const [a, b, c, d, e, f, g, h] = PHOTO_NAMES.map((name) => `${origin.url}/${name}`);
    const table = [
      ['7', 'Shuffled, with a comma', [c, `${origin.url}/missing.jpg`, a]],
      ['1', 'Quoted "name"', [`${origin.url}/page`, h, `${origin.url}/half-${PHOTO_NAMES[6]}`, b]],
      ['3', 'One image', [d]],
      ['3', 'The same serial again', [g, f]],
      ['2', 'The same picture as another', [e, c]],
    ] as [string, string, string[]][];
    const rows = table.map(
      ([serial, name, urls]) => `${serial},"${name.replaceAll('"', '""')}","${urls.join(',')}"`,
    );

    const response = await upload(minilab.url, [HEADER, ...rows, ''].join('\n'));
    assert.equal(response.status, 202);
    const accepted = await json<Batch>(response);
    assert.equal(response.headers.get('location'), accepted.links.self);
    const ended = await untilEnded(accepted.links.self);
    assert.equal(ended.state, 'completed_with_errors');
    assert.deepEqual(ended.counts, {
      total: 12,
      pending: 0,
      processing: 0,
      completed: 9,
      failed: 3,
      cancelled: 0,
    });
    assert.deepEqual(ended.errors_by_code, { not_found: 1, not_an_image: 1, truncated_image: 1 });

    const output = await fetch(ended.links.output_csv);
    assert.equal(output.headers.get('content-type'), 'text/csv; charset=utf-8');
    const records: string[][] = parse(await output.text());
    assert.deepEqual(records[0], [
      ...HEADER.split(','),
      'Output Image Urls',
      'Output Image Urls (thumb)',
      'Status',
      'Errors',
    ]);
    assert.deepEqual(
      records.slice(1).map((record) => record.slice(0, 2)),
      table.map(([serial, name]) => [serial, name]),
    );
    assert.deepEqual(
      records.slice(1).map((record) => record.slice(5)),
      [
        ['partial', '2:not_found'],
        ['partial', '1:not_an_image; 3:truncated_image'],
        ['completed', ''],
        ['completed', ''],
        ['completed', ''],
      ],
    );
    for (const [i, [, , inputs]] of table.entries()) {
      for (const column of [3, 4]) {
        const slots = (records[i + 1]?.[column] ?? '').split(',');
        assert.equal(slots.length, inputs.length, `row ${i + 1} has its slots`);
        for (const [slot, url] of slots.entries()) {
          const name = (inputs[slot] ?? '').split('/').at(-1) ?? '';
          if (!PHOTO_NAMES.includes(name)) {
            assert.equal(url, '');
            continue;
          }
          const file = await fetch(url);
          assert.equal(file.status, 200);
          assert.match(file.headers.get('cache-control') ?? '', /immutable/);
          assert.equal(file.headers.get('x-content-type-options'), 'nosniff');
          const distance = await visualDistance(Buffer.from(await file.arrayBuffer()), photo(name));
          assert.ok(distance < 10, `row ${i + 1}, slot ${slot + 1} shows ${name} (distance ${distance})`);
        }
      }
    }
  });

  test('a URL that stands in several rows is fetched once', async () => {
    const url = `${origin.url}/${PHOTO_NAMES[0]}?once`;
    const csv = `${HEADER}\n${Array.from({ length: 20 }, (_, i) => `${i},P${i},${url}`).join('\n')}\n`;
    const accepted = await json<Batch>(upload(minilab.url, csv));
    const ended = await untilEnded(accepted.links.self);
    assert.equal(ended.state, 'completed');
    assert.equal(ended.counts.completed, 20);
    assert.equal(origin.requests.get(`/${PHOTO_NAMES[0]}?once`), 1);
  });

  test('the status of a batch, of its images and of one image', async () => {
    const csv = `${HEADER}\n1,A,"${origin.url}/${PHOTO_NAMES[1]}|${origin.url}/gone.jpg"\n`;
    const accepted = await json<Batch>(upload(minilab.url, csv, { name: 'my catalogue' }));
    assert.equal(accepted.counts.total, 2);
    await untilEnded(accepted.links.self);

    const response = await fetch(accepted.links.self);
    const etag = response.headers.get('etag') ?? '';
    assert.match(etag, /^W\/"\d+"$/);
    const again = await fetch(accepted.links.self, { headers: { 'if-none-match': etag } });
    assert.equal(again.status, 304);
    assert.equal((await json<{ name: string }>(response)).name, 'my catalogue');

    type Page = {
      items: { id: string; slot: number; state: string; error_code: string | null }[];
      next_cursor: string | null;
    };
    const first = await json<Page>(fetch(`${accepted.links.images}?limit=1`));
    assert.deepEqual(
      first.items.map((image) => [image.slot, image.state]),
      [[1, 'completed']],
    );
    const second = await json<Page>(fetch(`${accepted.links.images}?limit=1&cursor=${first.next_cursor}`));
    assert.deepEqual(
      second.items.map((image) => [image.slot, image.error_code]),
      [[2, 'not_found']],
    );
    assert.equal(second.next_cursor, null);
    const failed = await json<Page>(fetch(`${accepted.links.images}?state=failed&code=not_found`));
    assert.equal(failed.items.length, 1);

    type Image = {
      source_url: string;
      renditions: { name: string; url: string; width: number; height: number }[];
      source: { width: number };
    };
    const image = await json<Image>(fetch(`${minilab.url}/v1/images/${first.items[0]?.id}`));
    assert.equal(image.source_url, `${origin.url}/${PHOTO_NAMES[1]}`);
    assert.deepEqual(
      image.renditions.map(({ name }) => name),
      ['full', 'thumb'],
    );
    assert.ok(image.renditions.every(({ width, height }) => width <= 1600 && height <= 1600));
    const lost = await json<{ failed_attempts: { error_code: string }[]; error_detail: string }>(
      fetch(`${minilab.url}/v1/images/${second.items[0]?.id}`),
    );
    assert.deepEqual(
      lost.failed_attempts.map((attempt) => attempt.error_code),
      ['not_found'],
    );
    assert.match(lost.error_detail, /Nothing was found at this address/);
  });

  test('an unknown id is 404, never "pending"', async () => {
    for (const path of [
      'batches/bat_01h455vb4pex5vsknk084sn02q',
      'batches/bat_01h455vb4pex5vsknk084sn02q/images',
      'batches/bat_01h455vb4pex5vsknk084sn02q/output.csv',
      'batches/1',
      'images/img_01h455vb4pex5vsknk084sn02q',
      'images/%00',
      'nothing',
    ]) {
      const response = await fetch(`${minilab.url}/v1/${path}`);
      assert.equal(response.status, 404, path);
      assert.equal(response.headers.get('content-type'), 'application/problem+json');
      assert.equal((await json<{ code: string }>(response)).code, 'not_found');
    }
  });

  test('/docs works over plain http, and describes the upload of a file', async () => {
    const page = await fetch(`${minilab.url}/docs`);
    assert.equal(page.status, 200);
    const policy = page.headers.get('content-security-policy') ?? '';
    assert.match(policy, /script-src 'self';.*style-src [^;]*'unsafe-inline'/);
    assert.doesNotMatch(policy, /upgrade-insecure-requests/);
    const { paths } = await json<{ paths: Record<string, unknown> }>(fetch(`${minilab.url}/openapi.json`));
    assert.partialDeepStrictEqual(paths['/v1/batches'], {
      get: { parameters: [{ name: 'limit', required: false, schema: { default: 100 } }] },
      post: {
        requestBody: {
          content: {
            'multipart/form-data': { schema: { properties: { file: { format: 'binary' } } } },
            'text/csv': {},
          },
        },
        responses: { 422: { content: { 'application/problem+json': {} } } },
      },
    });
  });

  test('two workers on one batch make every image once', async () => {
    await using second = await startMinilab('worker', { DATA_DIR: folder.path });
    const urls = Array.from({ length: 60 }, (_, i) => `${origin.url}/${PHOTO_NAMES[i % 8]}?two=${i}`);
    const csv = `${HEADER}\n${urls.map((url, i) => `${i},P,${url}`).join('\n')}\n`;
    const ended = await untilEnded((await json<Batch>(upload(minilab.url, csv))).links.self);
    assert.equal(ended.counts.completed, 60);
    assert.deepEqual(
      urls.map((url) => origin.requests.get(url.slice(origin.url.length))),
      urls.map(() => 1),
    );
    assert.match(second.said(), /ready/);
  });
});

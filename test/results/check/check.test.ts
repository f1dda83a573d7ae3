/** A batch checked by channels: real pictures, through a server and its worker. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { sql } from 'kysely';
import { openDatabase } from '../../../src/db/database.ts';
import { type Cut, cutOut, ofBytes } from '../../support/catalogue.ts';
import { migratedDatabase } from '../../support/database.ts';
import { type Folder, newFolder } from '../../support/folder.ts';
import { type Batch, json, type Running, startMinilab, untilEnded, upload } from '../../support/minilab.ts';
import { type Origin, startOrigin } from '../../support/origin.ts';
import { untilGrouped } from '../../support/same-pictures.ts';

type Rule = {
  rule: string;
  of?: string;
  level: string;
  required: string | number;
  passed: number;
  failed: number;
  unknown: number;
  worst: { slot: number; measured: string | number } | null;
  source?: { url: string; seen: string };
};
type Summary = {
  channel: string;
  of: string;
  renditions: string[];
  as_of: string;
  images: Record<'pass' | 'warn' | 'fail' | 'unknown', number>;
  rules: Rule[];
  not_judged: string[];
};
type Line = {
  slot: number;
  row: number;
  url: string;
  verdict: string;
  rules: { rule: string; result: string; level: string; measured: unknown }[];
};
type Page = { items: { slot: number }[]; next_cursor: string | null };

describe('the check of a batch', () => {
  let folder: Folder;
  let origin: Origin;
  let minilab: Running;
  let database: string;
  const pictures = new Map<string, Buffer>();

  before(async () => {
    folder = await newFolder();
    origin = await startOrigin((path) => pictures.get(path.split('?')[0] ?? ''));
    database = await migratedDatabase();
    minilab = await startMinilab('serve', { DATABASE_URL: database, DATA_DIR: folder.path });
  });
  after(async () => {
    await minilab[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  async function picture(name: string, cut: Cut): Promise<string> {
    pictures.set(`/${name}`, await cutOut(cut));
    return `${origin.url}/${name}`;
  }

  async function ended(rows: string[], header = 'SKU,Name,Images', fields = {}): Promise<Batch> {
    const response = await upload(minilab.url, [header, ...rows, ''].join('\n'), fields);
    assert.equal(response.status, 202, await response.clone().text());
    const batch = await untilEnded((await json<Batch>(response)).links.self);
    await untilGrouped(batch);
    return batch;
  }

  const get = async <T>(batch: Batch, path: string): Promise<T> => {
    const response = await fetch(`${batch.links.self}/${path}`);
    assert.equal(response.status, 200, `${path}: ${await response.clone().text()}`);
    return json<T>(response);
  };
  const lines = async (batch: Batch, query: string): Promise<Line[]> => {
    const response = await fetch(`${batch.links.self}/check.ndjson?${query}`);
    assert.equal(response.headers.get('content-type'), 'application/x-ndjson');
    const text = await response.text();
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Line);
  };
  const failedRules = ({ rules }: Line): string[] =>
    rules.filter(({ result, level }) => result === 'fail' && level === 'must').map(({ rule }) => rule);

  test('pictures at both sides of a limit are told apart, and the limit changes on its day', async () => {
    const urls = [
      await picture('499.jpg', { width: 499, height: 499 }),
      await picture('500.jpg', { width: 500, height: 500 }),
      await picture('99.jpg', { width: 600, height: 99 }),
      await picture('100.jpg', { width: 600, height: 100 }),
    ];
    const large = await cutOut({ width: 1600, height: 1600 });
    for (const bytes of [16_000_000, 16_000_001]) {
      pictures.set(`/${bytes}.jpg`, ofBytes(large, bytes));
      urls.push(`${origin.url}/${bytes}.jpg`);
    }
    const batch = await ended([...urls.map((url, i) => `${i},P,${url}`), `9,P,${origin.url}/none.jpg`]);
    const on = async (day: string): Promise<[string, string[]][]> =>
      (await lines(batch, `channel=google&as_of=${day}`)).map((line) => [line.verdict, failedRules(line)]);

    assert.deepEqual(await on('2027-01-30'), [
      ['warn', []],
      ['warn', []],
      ['fail', ['min_sides']],
      ['warn', []],
      ['pass', []],
      ['fail', ['max_bytes']],
      ['unknown', []],
    ]);
    assert.deepEqual(await on('2027-01-31'), [
      ['fail', ['min_sides']],
      ['warn', []],
      ['fail', ['min_sides']],
      ['fail', ['min_sides']],
      ['pass', []],
      ['fail', ['max_bytes']],
      ['unknown', []],
    ]);

    const summary = await get<Summary>(batch, 'check?channel=google&as_of=2027-01-31');
    assert.deepEqual(summary.images, { pass: 1, warn: 1, fail: 4, unknown: 1 });
    assert.ok(summary.not_judged.length > 0);
    const least = summary.rules.find(({ rule, level }) => rule === 'min_sides' && level === 'must');
    assert.partialDeepStrictEqual(least, {
      ...{ required: 500, passed: 3, failed: 3, unknown: 1, worst: { slot: 3, measured: 99 } },
      source: { url: 'https://support.google.com/merchants/answer/6324350' },
    });
    assert.ok(summary.rules.every(({ source }) => source?.seen));
    const before = await get<Summary>(batch, 'check?channel=google&as_of=2027-01-30');
    assert.deepEqual(before.images, { pass: 1, warn: 3, fail: 2, unknown: 1 });
    const advice = before.rules.filter(({ rule, level }) => rule === 'min_sides' && level === 'should');
    assert.deepEqual(
      advice.map(({ required, failed }) => [required, failed]),
      [
        [250, 2],
        [1500, 4],
      ],
      'without a category, the limit of apparel is advice',
    );
    for (const { rule, level, required, failed, unknown } of before.rules)
      for (const [result, count] of Object.entries({ fail: failed, unknown })) {
        const query = new URLSearchParams({ rule, level, required: String(required), result }).toString();
        const { items } = await get<Page>(batch, `sheet?channel=google&as_of=2027-01-30&${query}`);
        assert.equal(items.length, count, `${query}: those that the summary counts`);
      }
  });

  test('background, fill and addresses are judged as the marketplaces say, on the main picture', async () => {
    const side = { width: 1700, height: 1700, format: 'png' } as const;
    const rows = [
      await picture('white.png', { ...side }),
      await picture('nearly.png', { ...side, background: '#fefefe' }),
      await picture('fill84.png', { ...side, fill: 0.84 }),
      `${await picture('query.png', side)}?v=3`,
    ].map((url, i) => `${i},P,${url}`);
    const second = await picture('grey.png', { ...side, background: '#808080' });
    rows[0] += ` ${second}`;
    const batch = await ended(rows);
    const verdicts = async (channel: string): Promise<(string | string[])[][]> =>
      (await lines(batch, `channel=${channel}`)).map((line) => [line.verdict, failedRules(line)]);
    assert.deepEqual(await verdicts('amazon'), [
      ['pass', []],
      ['pass', []], // the second picture
      ['fail', ['background_white']],
      ['warn', []],
      ['pass', []],
    ]);
    const walmart = await verdicts('walmart');
    assert.deepEqual(walmart[4], ['fail', ['url_no_query', 'url_port']]);
    assert.deepEqual(walmart[0], ['fail', ['url_port']]);
    assert.deepEqual((await verdicts('ebay'))[0], ['fail', ['url_https']]);

    const csv = parse<Record<string, string>>(
      await (await fetch(`${batch.links.self}/check.csv?channel=amazon`)).text(),
      { columns: true },
    );
    assert.deepEqual(
      csv.map(({ row, position, verdict, failed, advised }) => [row, position, verdict, failed, advised]),
      [
        ['1', '1', 'pass', '', ''],
        ['1', '2', 'pass', '', ''],
        ['2', '1', 'fail', 'background_white #fefefe, not #ffffff', ''],
        ['3', '1', 'warn', '', 'fill 0.84 < 0.85'],
        ['4', '1', 'pass', '', ''],
      ],
    );
    assert.partialDeepStrictEqual(csv[2], {
      ...{ sku: '1', channel: 'amazon', of: 'source', format: 'png', width: '1700', background: '#fefefe' },
      ...{ object: '1462x1462+119+119', plain: 'true', touches: '' },
    });

    const output = parse<Record<string, string>>(
      await (await fetch(`${batch.links.self}/output.csv?check=amazon,walmart`)).text(),
      { columns: true },
    );
    assert.deepEqual(
      output.map((row) => row['Check (amazon)']),
      ['pass', 'fail: 1:background_white #fefefe, not #ffffff', 'warn: 1:fill 0.84 < 0.85', 'pass'],
    );
    assert.match(output[3]?.['Check (walmart)'] ?? '', /^fail: 1:url_no_query a query, not none; 1:url_port/);
    const slots = async (query: string): Promise<number[]> =>
      (await get<Page>(batch, query)).items.map(({ slot }) => slot);
    for (const list of ['images', 'sheet']) {
      assert.deepEqual(await slots(`${list}?channel=amazon&verdict=fail`), [3]);
      assert.deepEqual(await slots(`${list}?channel=amazon&rule=fill`), [4]);
      assert.deepEqual(await slots(`${list}?channel=amazon&verdict=fail&rule=fill`), []);
    }
    const first = await get<Page>(batch, 'images?channel=amazon&verdict=pass&limit=2');
    assert.deepEqual(
      first.items.map(({ slot }) => slot),
      [1, 2],
    );
    const next = await get<Page>(
      batch,
      `images?channel=amazon&verdict=pass&limit=2&cursor=${first.next_cursor}`,
    );
    assert.deepEqual(
      next.items.map(({ slot }) => slot),
      [5],
    );
    assert.equal(next.next_cursor, null);
  });

  test('the rendition that is checked is named, and what was not measured of it is unknown', async () => {
    const batch = await ended([
      `1,P,${await picture('big.png', { width: 1800, height: 1800, format: 'png' })}`,
    ]);
    const first = await get<Summary>(batch, 'check?channel=meta&of=output');
    assert.deepEqual([first.of, first.renditions], ['output', ['full']]);
    assert.deepEqual(first.images, { pass: 1, warn: 0, fail: 0, unknown: 0 });
    const thumb = await get<Summary>(batch, 'check?channel=meta&of=output&rendition=thumb');
    assert.deepEqual([thumb.renditions, thumb.images.fail], [['thumb'], 1]);
    const amazon = await get<Summary>(batch, 'check?channel=amazon&of=output');
    assert.equal(amazon.images.unknown, 1);
    const white = amazon.rules.find(({ rule }) => rule === 'background_white');
    assert.deepEqual([white?.passed, white?.unknown], [0, 1]);
    const [line] = await lines(batch, 'channel=walmart&of=output');
    const byUrl = line?.rules
      .filter(({ rule }) => rule.startsWith('url_'))
      .map(({ rule, measured }) => [rule, measured]);
    assert.deepEqual(byUrl, [
      ['url_no_query', 'none'],
      ['url_port', Number(new URL(minilab.url).port)],
      ['url_extension', 'jpg'],
    ]);
  });

  test('the category of a product decides its limits: from its column, else from the question', async () => {
    const small = await picture('200.jpg', { width: 200, height: 200 });
    const batch = await ended(
      [`1,P,166,${small}?1`, `2,P,Electronics > Audio,${small}?2`, `3,P,,${small}?3`],
      'SKU,Name,google_product_category,Images',
    );
    const verdicts = async (query: string): Promise<string[]> =>
      (await lines(batch, `channel=google&as_of=2027-01-30${query}`)).map(({ verdict }) => verdict);
    assert.deepEqual(await verdicts(''), ['fail', 'warn', 'warn']);
    assert.deepEqual(await verdicts('&apparel=true'), ['fail', 'warn', 'fail']);
  });

  test("a channel of one's own judges like any other; what an older version did not measure is unknown", async () => {
    const channel = { title: 'Ours', rules: [{ rule: 'min_sides', at_least: 300 }, { rule: 'plain' }] };
    const put = await fetch(`${minilab.url}/v1/channels/ours`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(channel),
    });
    assert.equal(put.status, 200, await put.clone().text());
    const batch = await ended([`1,P,${await picture('300.jpg', { width: 300, height: 301 })}`]);
    const images = async (): Promise<object> => (await get<Summary>(batch, 'check?channel=ours')).images;
    assert.deepEqual(await images(), { pass: 1, warn: 0, fail: 0, unknown: 0 });
    const { db } = openDatabase(database, 1);
    await sql`update contents set measures = null, measured_at = null, look_hash = null where height = 301`.execute(
      db,
    );
    await sql`delete from batch_facts`.execute(db);
    assert.deepEqual(await images(), { pass: 0, warn: 0, fail: 0, unknown: 1 });
    await db.destroy();
  });

  test('questions that mean nothing are refused', async () => {
    const batch = await ended([`1,P,${await picture('any.jpg', { width: 600, height: 600 })}`]);
    for (const path of [
      ...[
        'check',
        'check?channel=nobody',
        'check?channel=google&as_of=2027-02-30',
        'check?channel=google&rendition=full',
      ],
      ...[
        'check.csv?channel=google&of=output&rendition=none',
        'images?verdict=fail',
        'images?channel=nobody',
        'images?channel=google&level=must',
      ],
      ...['output.csv?check=nobody', 'output.csv?as_of=2027-01-01', 'output.csv?check=google&style=replace'],
    ]) {
      const response = await fetch(`${batch.links.self}/${path}`);
      assert.equal(response.status, 400, `${path}: ${await response.text()}`);
    }
  });
});

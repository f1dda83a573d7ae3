/** A batch whose pictures are fixed to a rule: what the API, the manifest and the check of outputs tell of them. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import sharp from 'sharp';
import { type Cut, cutOut } from '../../support/catalogue.ts';
import { migratedDatabase } from '../../support/database.ts';
import { type Folder, newFolder } from '../../support/folder.ts';
import { type Batch, json, type Running, startMinilab, untilEnded, upload } from '../../support/minilab.ts';
import { type Origin, startOrigin } from '../../support/origin.ts';
import { photo, PHOTO_NAMES } from '../../support/pictures.ts';

type Fix = { changes: string[]; unmet: { rule: string; measured: unknown; sentence: string }[] };
type Image = { state: string; error_code: string; error_detail: string; renditions: { fix?: Fix }[] };
type Line = {
  verdict: string;
  rules: { rule: string; result: string; measured: string | number }[];
  file: { measures: { fill: number } | null };
};

const RENDITION = { name: 'main', fit: 'object', width: 1700, height: 1700, fill: 0.87, whiten: true };

describe('pictures that are fixed to a rule', () => {
  let folder: Folder;
  let origin: Origin;
  let minilab: Running;
  const pictures = new Map<string, Buffer>();

  before(async () => {
    folder = await newFolder();
    origin = await startOrigin((path) => pictures.get(path));
    const settings = { DATABASE_URL: await migratedDatabase(), DATA_DIR: folder.path };
    minilab = await startMinilab('serve', settings);
    const side = { width: 2000, height: 2000 };
    const cuts: Record<string, Cut> = {
      'small.jpg': { ...side, background: '#fdfdfd', fill: 0.74 },
      'few.jpg': { width: 600, height: 600 },
    };
    for (const [name, cut] of Object.entries(cuts)) pictures.set(`/${name}`, await cutOut(cut));
    const whole = sharp(await cutOut(side));
    pictures.set('/edge.jpg', await whole.extract({ ...side, left: 500, width: 1500, top: 0 }).toBuffer());
    pictures.set('/scene.jpg', photo(PHOTO_NAMES[4] ?? ''));
    await put('fix', [RENDITION, { name: 'thumb', width: 200 }]);
    await put('strict', [{ ...RENDITION, on_unmet: 'fail' }]);
  });
  after(async () => {
    await minilab[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const send = (path: string, method: string, body: unknown): Promise<Response> =>
    fetch(`${minilab.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  async function put(name: string, renditions: object[]): Promise<void> {
    const response = await send(`/v1/presets/${name}`, 'PUT', { renditions });
    assert.equal(response.status, 200, await response.text());
  }

  async function ended(preset: string, ...names: string[]): Promise<Batch> {
    const rows = names.map((name, i) => `${i},P,${origin.url}/${name}`);
    const response = await upload(minilab.url, ['SKU,Name,Images', ...rows, ''].join('\n'), { preset });
    assert.equal(response.status, 202, await response.clone().text());
    return untilEnded((await json<Batch>(response)).links.self);
  }

  const get = async (batch: Batch, path: string): Promise<string> => {
    const response = await fetch(`${batch.links.self}/${path}`);
    assert.equal(response.status, 200, path);
    return response.text();
  };
  const lines = async <T>(batch: Batch, path: string): Promise<T[]> =>
    (await get(batch, path))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as T);
  const imagesOf = async (batch: Batch): Promise<Image[]> =>
    (JSON.parse(await get(batch, 'images')) as { items: Image[] }).items;

  test('what was changed and what is unmet stands at the image and in the manifest; outputs are checked', async () => {
    const batch = await ended('fix', 'small.jpg', 'few.jpg', 'edge.jpg', 'scene.jpg');
    const images = await imagesOf(batch);
    const fixes = images.map(({ renditions }) => renditions.map(({ fix }) => fix));
    assert.ok(
      fixes.every(([, thumb]) => thumb === undefined),
      'of other renditions nothing is told',
    );
    const told = fixes.map(([main]) => [main?.changes, main?.unmet.map(({ rule }) => rule)]);
    assert.deepEqual(told, [
      [['cut', 'whitened', 'recompressed'], []],
      [['padded', 'recompressed'], ['min_sides']],
      [['padded', 'whitened', 'recompressed'], ['cut_off']],
      [['padded', 'recompressed'], ['plain']],
    ]);
    assert.match(fixes[1]?.[0]?.unmet[0]?.sentence ?? '', /^The product has too few pixels/);
    const manifest = await lines<{ rendition: { name: string; fix?: Fix } }>(batch, 'manifest.ndjson');
    assert.deepEqual(
      manifest.filter(({ rendition }) => rendition.name === 'main').map(({ rendition }) => rendition.fix),
      fixes.map(([main]) => main),
    );

    const checked = await lines<Line>(batch, 'check.ndjson?channel=amazon&of=output');
    assert.deepEqual(
      checked.map(({ verdict }) => verdict),
      ['pass', 'warn', 'warn', 'fail'],
    );
    const failed = checked.map(({ rules }) =>
      rules.filter(({ result }) => result === 'fail').map(({ rule, measured }) => `${rule} ${measured}`),
    );
    assert.match(failed[1]?.join() ?? '', /^fill 0\.3\d*$/);
    assert.ok(failed[2]?.includes('cut_off left'), 'padding does not hide it');
    assert.deepEqual(failed[3], ['background_white a scene']);
    assert.ok((checked[0]?.file.measures?.fill ?? 0) > 0.85);
    const [thumb] = await lines<Line>(batch, 'check.ndjson?channel=amazon&of=output&rendition=thumb');
    assert.equal(thumb?.file.measures, null, 'other renditions are not measured');
  });

  test('on_unmet=fail fails the image with the reason, and a preview with it', async () => {
    const [small, few] = await imagesOf(await ended('strict', 'small.jpg', 'few.jpg'));
    assert.equal(small?.state, 'completed');
    assert.deepEqual([few?.state, few?.error_code], ['failed', 'cannot_meet_rule']);
    assert.match(few?.error_detail ?? '', /too few pixels.*min_sides: 51\d, required 1479/);
    const rendition = { ...RENDITION, width: 400, height: 400 };
    const preview = await send('/v1/presets/preview', 'POST', { rendition });
    assert.equal(preview.status, 200, await preview.clone().text());
    const { width, height } = await sharp(Buffer.from(await preview.arrayBuffer())).metadata();
    assert.deepEqual([width, height], [400, 400]);
    const strict = await send('/v1/presets/preview', 'POST', {
      rendition: { ...rendition, on_unmet: 'fail' },
    });
    assert.equal(strict.status, 422);
    const { errors } = (await strict.json()) as { errors: { code: string }[] };
    assert.equal(errors[0]?.code, 'cannot_meet_rule');
  });
});

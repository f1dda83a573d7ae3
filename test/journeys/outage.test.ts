/** A store that fails while a batch runs: images wait with what was made of them, and nothing is made twice. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { type Batch, json, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { startOrigin } from '../support/origin.ts';
import { smallPicture } from '../support/pictures.ts';
import { type Fault, startS3 } from '../support/s3.ts';
import { until } from '../support/until.ts';

const IMAGES = 40;

test('while a bucket refuses or is away, images wait and the worker pauses; then each is completed, downloaded and made once', async () => {
  await using folder = await newFolder();
  await using s3 = await startS3();
  const downloads = new Map<string, number>();
  const pictures = await Promise.all(Array.from({ length: IMAGES }, (_, i) => smallPicture(i)));
  await using origin = await startOrigin((path) => {
    downloads.set(path, (downloads.get(path) ?? 0) + 1);
    return pictures[Number(path.slice(1))];
  });
  const settings = { DATA_DIR: folder.path, DATABASE_URL: await newDatabase(), ...s3.settings };
  await using minilab = await startMinilab('serve', settings);

  let requests = 0;
  let refused = 0;
  const refusal: Fault = { is: 'answer', status: 503, code: 'SlowDown' };
  const fails = (share: number, fault: Fault) => () => {
    requests += 1;
    if (requests % 12 >= share * 12) return undefined;
    refused += 1;
    return fault;
  };
  s3.fault = fails(1 / 3, refusal);
  const rows = Array.from({ length: IMAGES }, (_, i) => `${i},Thing,${origin.url}/${i}`);
  const csv = ['S. No.,Product Name,Input Image Urls', ...rows, ''].join('\n');
  const { links } = await json<Batch>(upload(minilab.url, csv, { preset: 'web' }));
  await until(() => s3.objects.fileKeys.length > 10);
  s3.fault = fails(1, { is: 'reset' });
  await until(async () => /ECONNRESET/.test(await (await fetch(`${minilab.url}/readyz`)).text()));
  refused = 0;
  await until(() => refused > 30);
  s3.fault = fails(1 / 3, refusal);

  const ended = await untilEnded(links.self);
  assert.equal(ended.state, 'completed');
  s3.fault = () => undefined;
  await until(async () => (await fetch(`${minilab.url}/readyz`)).status === 200);
  assert.deepEqual([...downloads.values()], Array(IMAGES).fill(1));
  const { items } = await json<{ items: { attempts: number }[] }>(fetch(`${links.images}?limit=${IMAGES}`));
  assert.ok(items.every(({ attempts }) => attempts <= 1));
  assert.match(minilab.said(), /claiming paused/);
  assert.match(minilab.said(), /claiming resumed/);
});

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { migratedDatabase } from '../support/database.ts';
import { type Folder, newFolder } from '../support/folder.ts';
import { pngBomb } from '../support/hostile.ts';
import { type Batch, json, type Running, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { photo, PHOTO_NAMES } from '../support/pictures.ts';
import { childrenOf, hasOpenFileOf, NO_PROC } from '../support/processes.ts';

type Image = {
  id: string;
  source_url: string;
  state: string;
  attempts: number;
  error_code: string | null;
  failed_attempts: { error_code: string; error_detail: string }[];
};

describe('an image whose decoder dies each time', { skip: NO_PROC }, () => {
  let folder: Folder;
  let fatal: Buffer;
  let origin: Origin;
  let minilab: Running;
  before(async () => {
    folder = await newFolder();
    // 100 megapixels, interlaced: a decoder has the file open for 1.3 s, and is looked for every 20 ms.
    fatal = pngBomb(10_000, 10_000, 1);
    origin = await startOrigin((path) => (path === '/fatal.png' ? fatal : photo(path.slice(1))));
    minilab = await startMinilab('serve', { DATA_DIR: folder.path, DATABASE_URL: await migratedDatabase() });
  });
  after(async () => {
    await minilab[Symbol.asyncDispose]();
    await origin[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  async function accept(names: string[]): Promise<Batch> {
    const urls = names.map((name) => `${origin.url}/${name}\n`);
    const response = await upload(minilab.url, `Image\n${urls.join('')}`);
    assert.equal(response.status, 202);
    return json<Batch>(response);
  }

  /** Kills every decoder that begins the fatal picture, and no other, until the batch has ended. */
  async function killUntilEnded(batch: Batch): Promise<{ ended: Batch; killed: Set<number> }> {
    const killed = new Set<number>();
    let isOver = false;
    const ended = untilEnded(batch.links.self).finally(() => (isOver = true));
    for (; !isOver; await sleep(20))
      for (const pid of await childrenOf(minilab.child.pid ?? 0)) {
        if (killed.has(pid) || !(await hasOpenFileOf(pid, fatal.length))) continue;
        process.kill(pid, 'SIGKILL');
        killed.add(pid);
      }
    return { ended: await ended, killed };
  }

  test('fails as decoder_crashed after three tries, each of which is told; its neighbours do not notice', async () => {
    const names = [...PHOTO_NAMES.slice(0, 4), 'fatal.png', ...PHOTO_NAMES.slice(4)];
    const batch = await accept(names);
    const { ended, killed } = await killUntilEnded(batch);
    assert.equal(killed.size, 3);
    assert.equal(ended.state, 'completed_with_errors');
    assert.deepEqual(ended.errors_by_code, { decoder_crashed: 1 });

    const { items } = await json<{ items: Image[] }>(fetch(batch.links.images));
    assert.deepEqual(
      items.map(({ state, attempts, error_code }) => [state, attempts, error_code]),
      names.map((name) => (name === 'fatal.png' ? ['failed', 3, 'decoder_crashed'] : ['completed', 1, null])),
    );
    const lost = await json<Image>(fetch(`${minilab.url}/v1/images/${items[4]?.id}`));
    assert.equal(lost.source_url, `${origin.url}/fatal.png`);
    assert.equal(lost.failed_attempts.length, 3);
    for (const { error_code, error_detail } of lost.failed_attempts) {
      assert.equal(error_code, 'decoder_crashed');
      assert.match(error_detail, /crashed while it read this image.*SIGKILL/);
    }
  });

  test('leaves a worker behind that makes the next batch as if nothing had been', async () => {
    const ended = await untilEnded((await accept(PHOTO_NAMES)).links.self);
    assert.equal(ended.state, 'completed');
    const { items } = await json<{ items: Image[] }>(fetch(ended.links.images));
    assert.ok(items.every(({ attempts }) => attempts === 1));
    assert.equal((await fetch(`${minilab.url}/readyz`)).status, 200);
  });
});

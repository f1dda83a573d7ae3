import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { type Batch, json, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { startOrigin } from '../support/origin.ts';
import { smallPicture } from '../support/pictures.ts';

const HOST_STARTS_WITH = 6; // so many downloads of a new host are open at a time

async function until(condition: () => boolean, deadlineMs = 30_000): Promise<void> {
  for (const end = Date.now() + deadlineMs; !condition(); await sleep(20))
    assert.ok(Date.now() < end, 'it does not come to pass');
}

// What else may happen to a worker: test/long/faults.test.ts.
test('a worker that is killed loses nothing: every image it held is claimed again within 20 s', async () => {
  await using folder = await newFolder();
  const settings = { DATA_DIR: folder.path, DATABASE_URL: await migratedDatabase(), LOG_LEVEL: 'debug' };
  await using api = await startMinilab('serve --no-worker', settings);
  const picture = await smallPicture(1);
  const waiting: ServerResponse[] = [];
  let isOpen = false;
  await using origin = await startOrigin(() => (_request, response) => {
    if (isOpen) response.end(picture);
    else waiting.push(response);
  });
  const urls = Array.from({ length: HOST_STARTS_WITH }, (_, i) => `${origin.url}/${i}.jpg\n`);
  const victim = await startMinilab('worker', settings);
  const accepted = await upload(api.url, `Image\n${urls.join('')}`);
  assert.equal(accepted.status, 202);
  const batch = await json<Batch>(accepted);
  await until(() => origin.requests.size === HOST_STARTS_WITH);
  victim.child.kill('SIGKILL');
  await victim.ended;
  const killedAt = Date.now();
  await using heir = await startMinilab('worker', settings);
  await until(
    () => [...origin.requests.values()].every((count) => count >= 2),
    20_000 - (Date.now() - killedAt),
  );
  isOpen = true;
  for (const response of waiting) response.end(picture);
  const ended = await untilEnded(batch.links.self);
  assert.equal(ended.counts.completed, HOST_STARTS_WITH);
  assert.equal(heir.said().split('"is":"completed"').length - 1, HOST_STARTS_WITH);
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { type Batch, json, startMinilab, untilEnded, upload } from '../support/minilab.ts';
import { startOrigin } from '../support/origin.ts';
import { smallPicture } from '../support/pictures.ts';

type Event = { type: string; data: { batch: Pick<Batch, 'id' | 'counts' | 'state'> } };

const URLS = 40; // so that 100,000 images are as many downloads; every fourth URL leads nowhere

/** Receives one webhook. */
async function startReceiver() {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      response.end();
      server.emit('event', JSON.parse(body));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    event: once(server, 'event') as Promise<[Event]>,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

test('rows in are rows out, in order, and status, CSV and webhook agree, for 1, 10 and 100,000 rows', async () => {
  await using folder = await newFolder();
  const picture = await smallPicture(1);
  await using origin = await startOrigin((path) => (Number(path.slice(1)) % 4 === 0 ? undefined : picture));
  const settings = { DATA_DIR: folder.path, DATABASE_URL: await migratedDatabase() };
  await using minilab = await startMinilab('serve', settings);
  for (const rows of [1, 10, 100_000]) {
    await using receiver = await startReceiver();
    const lines = Array.from({ length: rows }, (_, i) => `${i + 1},P,${origin.url}/${(i % URLS) + 1}\n`);
    const csv = `S. No.,Product Name,Input Image Urls\n${lines.join('')}`;
    const accepted = await upload(minilab.url, csv, { callback_url: receiver.url });
    const batch = await untilEnded((await json<Batch>(accepted)).links.self);

    const output = parse(await (await fetch(batch.links.output_csv)).text(), { columns: true }) as Record<
      string,
      string
    >[];
    assert.deepEqual(
      output.map((row) => Number(row['S. No.'])),
      lines.map((_, i) => i + 1),
    );
    const failed = output.filter((row) => row['Errors'] === '1:not_found').length;
    const completed = output.filter((row) => row['Status'] === 'completed').length;
    assert.equal(failed, lines.filter((line) => Number(/\d+$/.exec(line.trim())?.[0]) % 4 === 0).length);
    assert.deepEqual(batch.counts, {
      ...{ total: rows, pending: 0, processing: 0, cancelled: 0 },
      ...{ completed, failed },
    });
    const [event] = await receiver.event;
    assert.deepEqual(event.data.batch.counts, batch.counts);
    assert.equal(event.data.batch.id, batch.id);
  }
});

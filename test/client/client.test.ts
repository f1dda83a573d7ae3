/** The typed client against a real server. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request as send, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type Image, Minilab, MinilabError, type Progress } from '../../packages/client/src/index.ts';
import { migratedDatabase } from '../support/database.ts';
import { type Folder, newFolder } from '../support/folder.ts';
import { type Running, startMinilab } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { smallPicture } from '../support/pictures.ts';

describe('the typed client', () => {
  const stack = new AsyncDisposableStack();
  let origin: Origin;
  let folder: Folder;
  let server: Running;
  let minilab: Minilab;
  let csv: string;

  before(async () => {
    const picture = await smallPicture(1);
    origin = stack.use(await startOrigin((path) => (path.startsWith('/missing') ? undefined : picture)));
    folder = stack.use(await newFolder());
    const settings = { DATA_DIR: folder.path, DATABASE_URL: await migratedDatabase() };
    server = stack.use(await startMinilab('serve', settings));
    minilab = new Minilab({ baseUrl: `${server.url}/` });
    const urls = ['a.jpg', 'b.jpg', 'missing.jpg'].map((name) => `${origin.url}/${name}`);
    csv = `SKU,Product Name,Input Image Urls\n1,A,"${urls.join(',')}"\n`;
  });

  after(() => stack.disposeAsync());

  test('uploads with progress, waits, iterates over images, downloads results', async () => {
    const progress: Progress[] = [];
    const accepted = await minilab.upload(
      new File([csv], 'shop "winter".csv'),
      { name: 'Winter', deadline_hours: 1 },
      { onProgress: (one) => progress.push(one) },
    );
    assert.equal(accepted.name, 'Winter');
    assert.equal(accepted.deadline_hours, 1);
    const last = progress.at(-1);
    assert.ok(last && last.sent === last.total && last.sent > csv.length, JSON.stringify(progress));

    const states: string[] = [];
    const ended = await minilab.wait(accepted.id, { onChange: ({ state }) => states.push(state) });
    assert.equal(ended.state, 'completed_with_errors');
    assert.equal(states.at(-1), ended.state);

    const images: Image[] = [];
    for await (const image of minilab.images(accepted.id, { limit: 1 })) images.push(image);
    assert.deepEqual(
      images.map(({ slot, state, error_code: code }) => [slot, state, code]),
      [
        [1, 'completed', null],
        [2, 'completed', null],
        [3, 'failed', 'not_found'],
      ],
    );
    const failed: string[] = [];
    for await (const { source_url: url } of minilab.images(accepted.id, { state: 'failed' }))
      failed.push(url);
    assert.deepEqual(failed, [`${origin.url}/missing.jpg`]);

    const output = await minilab.download(accepted.id, 'output.csv');
    assert.match(output.headers.get('content-disposition') ?? '', /winter/);
    assert.match(await output.text(), /\/files\//);
    const replaced = await minilab.download(accepted.id, 'output.csv', { query: { style: 'replace' } });
    assert.equal((await replaced.text()).split('\n')[0], csv.split('\n')[0]);
  });

  test('uploads a path and a stream', async () => {
    const path = join(folder.path, 'by path.csv');
    await writeFile(path, csv);
    assert.equal((await minilab.upload(path)).name, 'by path.csv');
    const { name } = await minilab.upload(createReadStream(path), {}, { fileName: 'streamed.csv' });
    assert.equal(name, 'streamed.csv');
  });

  test('what the server refuses is an error with its code, its entries and the id of the request', async () => {
    await assert.rejects(minilab.upload(new Blob(['no csv'])), (error) => {
      assert.ok(error instanceof MinilabError);
      assert.equal(error.status, 422);
      assert.equal(error.code, 'csv_invalid');
      assert.equal(error.message, error.detail);
      assert.ok(error.errors[0]?.line);
      assert.match(error.requestId ?? '', /^req_/);
      return true;
    });
    await assert.rejects(minilab.wait('bat_00000000000000000000000000'), { code: 'not_found' });
    await assert.rejects(minilab.api.GET('/v1/presets/{name}', { params: { path: { name: 'none' } } }), {
      code: 'not_found',
      status: 404,
    });
    await assert.rejects(minilab.download('bat_00000000000000000000000000', 'images.zip'), { status: 404 });
  });

  test('every operation is at hand, with its types', async () => {
    const { data } = await minilab.api.GET('/v1/presets');
    assert.ok(data?.items.some(({ name }) => name === 'web'));
  });

  test('an upload whose answer was lost, or that is to be sent later, is sent again and makes one batch', async () => {
    await using proxy = await startProxy(server.url, (attempt, response) => {
      if (attempt === 1) return false; // arrives, and its answer is lost
      if (attempt > 2) return true;
      response.writeHead(503, { 'retry-after': '0', 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ status: 503, code: 'database_unavailable', detail: 'Later.' }));
      return undefined;
    });
    const client = new Minilab({ baseUrl: proxy.url });
    const { id } = await client.upload(new Blob([csv]), { name: 'once' });
    assert.equal(proxy.keys.length, 3);
    assert.equal(new Set(proxy.keys).size, 1);
    const { data } = await minilab.api.GET('/v1/batches', { params: { query: { name: 'once' } } });
    assert.deepEqual(
      data?.items.map((batch) => batch.id),
      [id],
    );
  });

  test('an answer that is not of Minilab is an error, too', async () => {
    const other = createServer((_request, response) => response.writeHead(502).end('<h1>Bad gateway'));
    await once(other.listen(0, '127.0.0.1'), 'listening');
    const client = new Minilab({ baseUrl: `http://127.0.0.1:${(other.address() as AddressInfo).port}` });
    await assert.rejects(client.upload(new Blob([csv])), { status: 502, code: 'unexpected_response' });
    other.close();
  });
});

/**
 * A proxy that passes requests on.
 * @param act whether a request is answered; false: its answer is lost; undefined: `act` has answered it itself
 */
async function startProxy(
  target: string,
  act: (attempt: number, response: ServerResponse) => boolean | undefined,
): Promise<AsyncDisposable & { url: string; keys: unknown[] }> {
  const keys: unknown[] = [];
  const proxy = createServer((request: IncomingMessage, response: ServerResponse) => {
    const isFirst = keys.push(request.headers['idempotency-key']);
    const isAnswered = act(isFirst, response);
    if (isAnswered === undefined) return void request.resume();
    const { method, url, headers } = request;
    const passed = send(`${target}${url}`, { method, headers: { ...headers, host: new URL(target).host } });
    passed.on('response', (answer) => {
      if (!isAnswered) return void answer.resume().once('end', () => request.socket.destroy());
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    request.pipe(passed);
  });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    keys,
    async [Symbol.asyncDispose]() {
      proxy.close();
      proxy.closeAllConnections();
    },
  };
}

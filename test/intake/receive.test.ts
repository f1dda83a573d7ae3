import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import fastify, { type FastifyInstance } from 'fastify';
import { Problem } from '../../src/errors.ts';
import { asCodingProblem } from '../../src/intake/bodies.ts';
import { UploadOptions } from '../../src/intake/option-schemas.ts';
import { acceptUploads, receiveUpload } from '../../src/intake/receive.ts';
import { newFolder } from '../support/folder.ts';

/** Reads what arrives, as an upload does, and then what the test wants to happen. */
type Reader = (chunks: AsyncIterable<Buffer>) => Promise<AsyncDisposable>;

const nothing: AsyncDisposable = { async [Symbol.asyncDispose]() {} };

describe('receiving an upload', () => {
  let app: FastifyInstance;
  let url: string;
  let folder: Awaited<ReturnType<typeof newFolder>>;
  let reader: Reader;
  let thrown: unknown;
  let failed: (error: unknown) => void;

  before(async () => {
    folder = await newFolder();
    app = fastify();
    await acceptUploads(app, 1e6);
    app.setErrorHandler(async (error, _request, reply) => {
      thrown = error;
      failed?.(error);
      return reply.code(error instanceof Problem ? error.status : 500).send();
    });
    app.post('/', async (request) => {
      const rules = { schema: UploadOptions, folder: folder.path };
      return (await receiveUpload(request, rules, (chunks) => reader(chunks))).fileName ?? '';
    });
    url = await app.listen({ host: '127.0.0.1', port: 0 });
  });

  after(async () => {
    await app.close();
    await folder[Symbol.asyncDispose]();
  });

  function formOf(csv: string): FormData {
    const form = new FormData();
    form.set('file', new Blob([csv]), 'catalog.csv');
    return form;
  }

  test('an exception of our own is not blamed on the form', async () => {
    const bug = new Error('a bug of ours');
    reader = async (chunks) => {
      for await (const _ of chunks) throw bug;
      return nothing;
    };
    for (const body of [formOf('SKU,Image\n'), 'SKU,Image\n'] as const) {
      thrown = undefined;
      const headers = typeof body === 'string' ? { 'content-type': 'text/csv' } : undefined;
      const answer = await fetch(url, { method: 'POST', body, ...(headers && { headers }) });
      assert.equal(answer.status, 500);
      assert.equal(thrown, bug);
    }
  });

  test('a copy that is read again is closed, whatever ends the reading', async () => {
    const form = formOf('SKU,Image\n');
    form.set('charset', 'windows-1252'); // behind the file, which is read again with it
    let again: AsyncIterable<Buffer> | undefined;
    let readings = 0;
    reader = async (chunks) => {
      readings += 1;
      if (readings === 1) {
        for await (const _ of chunks);
        return nothing;
      }
      again = chunks;
      await chunks[Symbol.asyncIterator]().next();
      throw new Problem('quota_exceeded', { detail: 'no image is left today' });
    };
    assert.equal((await fetch(url, { method: 'POST', body: form })).status, 429);
    assert.ok(again instanceof Readable && again.destroyed);
  });

  test('the name of a file is cut, and holds no NUL', async () => {
    reader = async (chunks) => {
      for await (const _ of chunks);
      return nothing;
    };
    for (const [parameter, name] of [
      [`filename="${'x'.repeat(60_000)}.csv"`, 'x'.repeat(200)],
      ["filename*=utf-8''dir%2fa%00b.csv", 'ab.csv'],
      ['filename="catalog.csv"', 'catalog.csv'],
    ] as const) {
      const body = `--b\r\ncontent-disposition: form-data; name="file"; ${parameter}\r\n\r\nSKU\r\n--b--\r\n`;
      const headers = { 'content-type': 'multipart/form-data; boundary=b' };
      assert.equal(await (await fetch(url, { method: 'POST', body, headers })).text(), name);
    }
  });

  test('JSON and XML arrive as they are, like any file', async () => {
    for (const [type, body] of [
      ['application/json; charset=utf-8', '[{"sku": 1}]'],
      ['application/json', '{not json'],
      ['application/x-ndjson', '{"sku": 1}\n{"sku": 2}\n'],
      ['application/xml', '<rss/>'],
      ['text/xml', '<rss/>'],
      ['application/rss+xml', '<rss/>'],
    ] as const) {
      let arrived = '';
      reader = async (chunks) => {
        for await (const chunk of chunks) arrived += chunk.toString();
        return nothing;
      };
      const answer = await fetch(url, { method: 'POST', body, headers: { 'content-type': type } });
      assert.deepEqual([answer.status, arrived], [200, body], type);
    }
  });

  test('a form that breaks off inside its file is a bad request', async () => {
    let begun: () => void = () => {};
    const hasBegun = new Promise<void>((resolve) => (begun = resolve));
    const hasFailed = new Promise<unknown>((resolve) => (failed = resolve));
    reader = async (chunks) => {
      for await (const _ of chunks) begun();
      return nothing;
    };
    const headers = { 'content-type': 'multipart/form-data; boundary=b', 'content-length': 1000 };
    const cut = httpRequest(url, { method: 'POST', headers });
    cut.on('error', () => {});
    cut.write(
      '--b\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\nSKU,Image\n1,2\n3,4\n',
    );
    await hasBegun;
    cut.destroy();
    const error = await hasFailed;
    assert.ok(error instanceof Problem);
    assert.equal(error.code, 'bad_request');
    assert.match(error.message, /not complete multipart/);
  });

  test('memory that a decompressor does not get is not blamed on the body', () => {
    const gzip = { 'content-encoding': 'gzip' };
    const failing = (code: string): unknown => asCodingProblem(Object.assign(new Error(), { code }), gzip);
    assert.ok(failing('Z_DATA_ERROR') instanceof Problem);
    for (const code of ['Z_MEM_ERROR', 'ZSTD_error_memory_allocation', 'ERR_BROTLI_DECODER_ERROR_ALLOC_RING'])
      assert.ok(!(failing(code) instanceof Problem), code);
  });
});

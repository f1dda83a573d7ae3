/** How the page is served: its addresses, its policy, its assets and their sizes. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { brotliDecompressSync, gunzipSync, gzipSync } from 'node:zlib';
import { PAGE_ADDRESSES } from '../../src/page/page.routes.ts';
import { type Api, startApi } from '../support/api.ts';

const FIRST_LOAD_KB = { js: 60, css: 10 };

describe('the page', () => {
  let api: Api;
  let html: string;
  before(async () => {
    api = await startApi({ FILES_URL: 'https://files.example/pictures' });
    html = await (await fetch(api.url)).text();
  });
  after(() => api[Symbol.asyncDispose]());

  const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(api.url + path, { headers });
  const assetsOf = (ending: string): string[] =>
    [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)]
      .map(([, path = '']) => path)
      .filter((path) => path.endsWith(ending));

  test('is the same document at each of its addresses, under a policy without exceptions', async () => {
    for (const address of PAGE_ADDRESSES) {
      const response = await get(address.replaceAll(/:\w+/g, 'x'), {
        accept: 'text/html,application/xhtml+xml,*/*;q=0.8',
      });
      assert.equal(response.status, 200, address);
      assert.equal(await response.text(), html, address);
      assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
      assert.equal(response.headers.get('cache-control'), 'no-cache');
      const policy = response.headers.get('content-security-policy') ?? '';
      assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; /);
      assert.match(policy, /img-src 'self' blob: data: https:\/\/files\.example;/);
      assert.doesNotMatch(policy, /unsafe/);
    }
  });

  test('other addresses, and clients that want no HTML, get a problem', async () => {
    for (const [path, accept] of [
      ['/batches', 'application/json'],
      ['/batches/a/b/c/d', 'text/html'],
      ['/nothing', 'text/html'],
      ['/assets/nothing.js', '*/*'],
      ['/assets/..%2findex.html', '*/*'],
    ] as const) {
      const response = await get(path, { accept });
      assert.equal(response.status, 404, path);
      assert.equal(response.headers.get('content-type'), 'application/problem+json', path);
    }
    const posted = await fetch(`${api.url}/batches`, { method: 'POST' });
    assert.deepEqual([posted.status, posted.headers.get('allow')], [405, 'GET, HEAD']);
  });

  test('assets are kept for ever, and sent compressed as the client asks', async () => {
    const [script = ''] = assetsOf('.js');
    const plain = Buffer.from(await (await get(script, { 'accept-encoding': 'identity' })).arrayBuffer());
    for (const [asked, coding] of [
      ['gzip, deflate, br', 'br'],
      ['gzip', 'gzip'],
      ['br;q=0, gzip;q=0.5', 'gzip'],
      ['identity', null],
    ] as const) {
      const response = await get(script, { 'accept-encoding': asked });
      assert.equal(response.headers.get('content-encoding'), coding, asked);
      assert.equal(response.headers.get('cache-control'), 'public, max-age=31536000, immutable');
      assert.equal(response.headers.get('vary'), 'Accept-Encoding');
      assert.ok(Buffer.from(await response.arrayBuffer()).equals(plain), asked); // fetch has decoded it
    }
  });

  test('the compressed forms are those of the files', async () => {
    const [style = ''] = assetsOf('.css');
    const { request } = await import('node:http');
    const raw = (coding: string): Promise<Buffer> =>
      new Promise((resolve, reject) => {
        request(api.url + style, { headers: { 'accept-encoding': coding } }, async (response) => {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk as Buffer);
          resolve(Buffer.concat(chunks));
        })
          .on('error', reject)
          .end();
      });
    const plain = await raw('identity');
    assert.ok(gunzipSync(await raw('gzip')).equals(plain));
    assert.ok(brotliDecompressSync(await raw('br')).equals(plain));
  });

  test('the first load stays below its budget', async (context) => {
    const sizes = { js: 0, css: 0 };
    for (const kind of ['js', 'css'] as const)
      for (const path of assetsOf(`.${kind}`)) {
        const body = Buffer.from(await (await get(path)).arrayBuffer());
        sizes[kind] += gzipSync(body, { level: 9 }).byteLength / 1000;
      }
    context.diagnostic(`gzip: ${sizes.js.toFixed(1)} kB of JS, ${sizes.css.toFixed(1)} kB of CSS`);
    assert.ok(sizes.js > 5 && sizes.js <= FIRST_LOAD_KB.js, `${sizes.js} kB of JS`);
    assert.ok(sizes.css > 1 && sizes.css <= FIRST_LOAD_KB.css, `${sizes.css} kB of CSS`);
  });

  test('has no script, style or handler in its markup', () => {
    assert.doesNotMatch(html, /<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|javascript:/i);
  });
});

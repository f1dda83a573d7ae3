import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readConfig } from '../../src/config.ts';
import { createGuard, type Guard } from '../../src/net/guard.ts';
import { type FetchRules, fetchSource, type Source } from '../../src/pipeline/download/fetch.ts';
import { ImageProblem } from '../../src/pipeline/problems.ts';
import { createSourceFiles, type SourceFiles } from '../../src/pipeline/download/source-files.ts';
import { type Folder, newFolder } from '../support/folder.ts';
import { type MisbehavingOrigin, startMisbehavingOrigin } from '../support/misbehaving.ts';
import { photo, PHOTO_NAMES } from '../support/pictures.ts';

const PHOTO = photo(PHOTO_NAMES[0] ?? '');
const BOUNDS = { totalMs: 2_500, connectMs: 800, headersMs: 1_000, idleMs: 800 };
const MARGIN_MS = 2_000;

/** What each path of the origin ends in. */
const ENDS: Record<string, string> = {
  '/photo': 'an image',
  '/chain-5/0': 'an image',
  '/drip-redirect': 'an image', // its body is nobody's business
  '/says-less': 'an image', // cut at the announced length, which reading it will find out
  '/drip': 'download_timeout',
  '/drip-chunked': 'download_timeout',
  '/drip-headers': 'download_timeout',
  '/drip-early-hints': 'download_timeout',
  '/slow-chain': 'download_timeout',
  '/silent': 'download_timeout',
  '/stalls': 'download_timeout',
  '/gzip-stalls': 'download_timeout',
  '/drip-404': 'not_found',
  '/endless-404': 'not_found',
  '/endless-headers': 'server_error',
  '/two-lengths': 'server_error',
  '/negative-length': 'server_error',
  '/not-http': 'server_error',
  '/endless-body': 'source_too_large',
  '/huge-length': 'source_too_large',
  '/says-more-and-ends': 'truncated_download',
  '/headers-only': 'truncated_download',
  '/bad-chunk': 'truncated_download',
  '/gzip-cut-off': 'truncated_download',
  '/reset-in-body': 'truncated_download',
  '/reset-at-once': 'connect_failed',
  '/reset-in-headers': 'connect_failed',
  '/empty': 'not_an_image',
  '/html-as-image': 'not_an_image',
  '/redirect-page': 'not_an_image',
  '/gzip-unsaid': 'not_an_image',
  '/gzip': 'not_an_image', // zeros
  '/brotli': 'not_an_image',
  '/no-content': 'http_error',
  '/not-modified': 'http_error',
  '/loop': 'too_many_redirects',
  '/chain-6/0': 'too_many_redirects',
  '/to-nowhere': 'invalid_url',
  '/429-seconds': 'rate_limited, 120 s',
  '/429-date': 'rate_limited, 90 s',
};

/** The same of those that would take as much of a processor as they are given. */
const HEAVY: Record<string, string> = {
  '/endless-informational': 'server_error',
  '/endless-reason': 'server_error',
  '/endless-blank-lines': 'server_error',
  '/informational-loop': 'too_many_redirects',
  '/gzip-bomb': 'source_too_large',
  '/brotli-bomb': 'source_too_large',
  '/gzip-in-gzip-bomb': 'source_too_large',
  '/empty-members': 'source_too_large',
  '/endless-trailers': 'truncated_download',
  '/endless-extension': 'truncated_download',
  '/endless-tiny-chunks': 'truncated_download',
};
const HEAVY_CPU_MS = 1_000; // a source of 20 MB costs some hundreds, with the server that sends it

describe('nothing that an origin does holds a worker beyond the deadline', () => {
  let origin: MisbehavingOrigin;
  let folder: Folder;
  let files: SourceFiles;
  let guard: Guard;
  let ends: Record<string, string>;
  before(async () => {
    origin = await startMisbehavingOrigin(PHOTO);
    folder = await newFolder();
    files = createSourceFiles(folder.path);
    guard = createGuard({ ...readConfig({ ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8' }), bounds: BOUNDS });
    ends = {
      ...Object.fromEntries(Object.entries(ENDS).map(([path, end]) => [origin.url + path, end])),
      [`http://${origin.silentUrl}/`]: 'download_timeout',
      [`https://${origin.silentUrl}/`]: 'connect_failed',
      [`${origin.selfSignedUrl}/photo`]: 'tls_failed',
      [`${origin.expiredUrl}/photo`]: 'tls_failed',
      [origin.url.replace('http:', 'https:')]: 'connect_failed', // it waits for HTTP, and we for TLS
    };
  });
  after(async () => {
    await files.close();
    await guard.close();
    await origin[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  async function download(url: string, signal = new AbortController().signal): Promise<Source> {
    const rules: FetchRules = {
      ...{ guard, maxBytes: 20_000_000, userAgent: 'minilab/test', localFolder: undefined },
    };
    const file = await files.take();
    return fetchSource(url, file, rules, signal).finally(() => files.giveBack(file));
  }

  async function endOf(url: string): Promise<string> {
    const startedAt = performance.now();
    const end = await download(url).then(
      () => 'an image',
      (error: unknown) => {
        assert.ok(error instanceof ImageProblem, String(error));
        const hold =
          error.holdHostMs === undefined ? '' : `, ${10 * Math.floor(error.holdHostMs / 10_000)} s`;
        return error.code + hold;
      },
    );
    const tookMs = performance.now() - startedAt;
    assert.ok(tookMs < BOUNDS.totalMs + MARGIN_MS, `${url} took ${Math.round(tookMs)} ms`);
    return end;
  }

  async function endsOf(urls: string[]): Promise<Record<string, string>> {
    return Object.fromEntries(await Promise.all(urls.map(async (url) => [url, await endOf(url)] as const)));
  }

  test('each ends in its code, in time, one by one and all at once', async () => {
    assert.deepEqual(await endsOf(Object.keys(ends)), ends);
    const quick = Object.keys(ends).filter((url) => !/drip|slow|silent|stalls/.test(url));
    for (const url of quick) assert.equal(await endOf(url), ends[url], url);
  });

  test('what would cost much is given up early', async () => {
    for (const [path, end] of Object.entries(HEAVY)) {
      const cpu = process.cpuUsage();
      assert.equal(await endOf(origin.url + path), end, path);
      const { user, system } = process.cpuUsage(cpu);
      assert.ok(user + system < HEAVY_CPU_MS * 1_000, `${path}: ${(user + system) / 1_000} ms`);
    }
  });

  test('what a host sends beyond its length is no part of the next download', async () => {
    for (let i = 0; i < 5; i += 1) {
      const half = await download(`${origin.url}/says-less`);
      assert.equal(half.bytes, Math.floor(PHOTO.length / 2));
      const { bytes } = await download(`${origin.url}/photo`);
      assert.equal(bytes, PHOTO.length);
    }
  });

  test('afterwards no socket, no request and no memory is left', async () => {
    const urls = Object.keys(ends);
    const round = async (): Promise<number> => {
      await Promise.all(Array.from({ length: 3 }, () => endsOf(urls)));
      const stats = () => Object.values(guard.agent.stats); // a socket that was destroyed closes a moment later
      for (const until = Date.now() + 1_000; stats().some(({ size }) => size !== 0) && Date.now() < until;)
        await setImmediate();
      for (const { running, size, connected } of stats()) {
        assert.deepEqual({ running, size }, { running: 0, size: 0 });
        assert.ok(Number(connected) <= 3 * urls.length, `${connected} connections`);
      }
      return memoryInUse();
    };
    const before = await round();
    const grownMb = ((await round()) - before) / 1e6;
    assert.ok(grownMb < 40, `${grownMb} MB more after ${3 * urls.length} downloads`);
    await guard.agent.close();
    for (const until = Date.now() + 5_000; origin.connections() > 0 && Date.now() < until;)
      await setImmediate();
    assert.equal(origin.connections(), 0);
  });
});

/** What is freed by finalizers needs another collection. */
async function memoryInUse(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let i = 0; i < 5; i += 1) {
    collect();
    await setImmediate();
  }
  const { heapUsed, external, arrayBuffers } = process.memoryUsage();
  return heapUsed + external + arrayBuffers;
}

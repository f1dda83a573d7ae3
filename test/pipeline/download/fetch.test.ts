import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { brotliCompressSync, constants, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { readConfig } from '../../../src/config.ts';
import { createGuard } from '../../../src/net/guard.ts';
import { type FetchRules, fetchSource, type Source } from '../../../src/pipeline/download/fetch.ts';
import { ImageProblem } from '../../../src/pipeline/problems.ts';
import { createSourceFiles } from '../../../src/pipeline/download/source-files.ts';
import { newFolder } from '../../support/folder.ts';
import { startOrigin } from '../../support/origin.ts';
import { photo, PHOTO_NAMES } from '../../support/pictures.ts';
import { startRawOrigin } from '../../support/raw-origin.ts';

const PHOTO = photo(PHOTO_NAMES[0] ?? '');

async function fetchFrom(
  url: string,
  {
    settings = { ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8' },
    ...rules
  }: Partial<FetchRules> & { settings?: Record<string, string> } = {},
): Promise<{ source: Source; content: Buffer }> {
  await using folder = await newFolder();
  const guard = createGuard(readConfig(settings));
  const files = createSourceFiles(folder.path);
  const file = await files.take();
  try {
    const all = { guard, maxBytes: 5_000_000, userAgent: 'minilab/test', localFolder: undefined, ...rules };
    const source = await fetchSource(url, file, all, new AbortController().signal);
    return { source, content: await readFile(file.path) };
  } finally {
    await files.discard(file);
    await guard.close();
  }
}

async function codeOf(fetching: Promise<unknown>): Promise<string> {
  const error = await fetching.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ImageProblem, `an ImageProblem, not ${String(error)}`);
  return error.code;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

test('an image is downloaded, also behind redirects, and its facts are kept', async () => {
  await using origin = await startOrigin((path) => {
    if (path === '/start')
      return (_request, response) => response.writeHead(302, { location: '/photo.jpg' }).end();
    return (request, response) => {
      assert.equal(request.headers['accept-encoding'], 'identity');
      assert.match(request.headers['user-agent'] ?? '', /^minilab/);
      response.writeHead(200, { etag: '"v1"', 'last-modified': 'Sun, 22 Nov 2026 10:00:00 GMT' }).end(PHOTO);
    };
  });
  const { source, content } = await fetchFrom(`${origin.url}/start`);
  assert.ok(content.equals(PHOTO));
  assert.equal(source.bytes, PHOTO.length);
  assert.equal(source.finalUrl, `${origin.url}/photo.jpg`);
  assert.equal(source.etag, '"v1"');
  assert.equal(source.lastModified, 'Sun, 22 Nov 2026 10:00:00 GMT');
});

test('every framing of a body arrives byte for byte, in a file that held a longer one', async () => {
  const large = Buffer.concat([PHOTO, PHOTO, PHOTO, PHOTO]);
  const inPieces = async (response: ServerResponse, body: Buffer, size: number): Promise<void> => {
    for (let at = 0; at < body.length; at += size) {
      if (!response.write(body.subarray(at, at + size))) await once(response, 'drain');
    }
    response.end();
  };
  await using origin = await startOrigin((path) => (_, response) => {
    const body = path.includes('large') ? large : PHOTO;
    if (path.includes('length')) response.setHeader('content-length', body.length);
    if (path.includes('until-close')) response.useChunkedEncodingByDefault = false;
    void inPieces(response, body, path.includes('small-pieces') ? 3_000 : 200_000);
  });
  await using folder = await newFolder();
  const files = createSourceFiles(folder.path);
  const guard = createGuard(readConfig({ ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8' }));
  const rules = { guard, maxBytes: 50_000_000, userAgent: 'minilab/test', localFolder: undefined };
  const kinds = ['length', 'length/small-pieces', 'chunked', 'chunked/small-pieces', 'until-close'];
  const paths = kinds.flatMap((kind) => [`/large/${kind}`, `/${kind}`]);
  const pooled = Buffer.from('a piece of the pool that all share');
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      const file = await files.take();
      for (const path of paths) {
        const source = await fetchSource(origin.url + path, file, rules, new AbortController().signal);
        const body = path.includes('large') ? large : PHOTO;
        assert.ok((await readFile(file.path)).equals(body), path);
        assert.deepEqual(source.sha256, createHash('sha256').update(body).digest(), path);
      }
      files.giveBack(file);
    }),
  );
  assert.equal(pooled.toString(), 'a piece of the pool that all share');
  await files.close();
  await guard.close();
});

test('a photograph in any coding arrives, also where its host closes the connection behind it', async () => {
  const codings: Record<string, (body: Buffer) => Buffer> = {
    gzip: gzipSync,
    deflate: deflateSync,
    br: (body) => brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } }),
    zstd: zstdCompressSync,
  };
  const head = (coding: string, length: number): Buffer =>
    Buffer.from(
      `HTTP/1.1 200 OK\r\ncontent-encoding: ${coding}\r\ncontent-length: ${length}\r\netag: "1"\r\n\r\n`,
    );
  const answers = Object.entries(codings).flatMap(([coding, encode]) => {
    const once = encode(PHOTO);
    const twice = encode(once);
    return [
      [`/${coding}`, Buffer.concat([head(coding, once.length), once])] as const,
      [`/${coding}-twice`, Buffer.concat([head(`${coding}, ${coding}`, twice.length), twice])] as const,
    ];
  });
  await using origin = await startRawOrigin(Object.fromEntries(answers));
  for (const [path] of answers) {
    const { source, content } = await fetchFrom(origin.url + path);
    assert.ok(content.equals(PHOTO), path);
    assert.deepEqual([source.bytes, source.etag], [PHOTO.length, '"1"'], path);
    assert.deepEqual(source.sha256, createHash('sha256').update(PHOTO).digest(), path);
  }
});

test('each way in which a download fails has its code', async () => {
  const answers: Record<string, Answer> = {
    '/401': (_, response) => response.writeHead(401).end(),
    '/403': (_, response) => response.writeHead(403).end(),
    '/404': (_, response) => response.writeHead(404).end('<html>'.repeat(1000)),
    '/410': (_, response) => response.writeHead(410).end(),
    '/418': (_, response) => response.writeHead(418).end(),
    '/500': (_, response) => response.writeHead(500).end(),
    '/502': (_, response) => response.writeHead(502).end(),
    '/429': (_, response) => response.writeHead(429).end(),
    '/503': (_, response) => response.writeHead(503).end(),
    '/loop': (_, response) => response.writeHead(302, { location: '/loop' }).end(),
    '/to-file': (_, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
    '/to-inside': (_, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
    '/compress': (_, response) => response.writeHead(200, { 'content-encoding': 'compress' }).end('\x1f\x9d'),
    '/page': (_, response) =>
      response.writeHead(200, { 'content-type': 'image/jpeg' }).end('<!DOCTYPE html><html>'),
    '/json': (_, response) => response.writeHead(200).end('{"error":"no"}'),
    '/empty': (_, response) => response.writeHead(200).end(),
    '/svg': (_, response) => response.writeHead(200).end('<svg xmlns="http://www.w3.org/2000/svg"/>'),
    '/large': (_, response) => response.writeHead(200, { 'content-length': '5000001' }).end(),
    '/endless': (_, response) => {
      response.writeHead(200);
      response.write(PHOTO);
      const more = (): void =>
        void (response.closed || response.write(Buffer.alloc(65_536), () => setImmediate(more)));
      more();
    },
    '/short': (_, response) => {
      response.writeHead(200, { 'content-length': String(PHOTO.length) });
      response.write(PHOTO.subarray(0, 1000), () => response.destroy());
    },
    '/reset': (_, response) => void response.destroy(),
  };
  const expected: Record<string, string> = {
    '/401': 'access_denied',
    '/403': 'access_denied',
    '/404': 'not_found',
    '/410': 'not_found',
    '/418': 'http_error',
    '/500': 'server_error',
    '/502': 'server_error',
    '/429': 'rate_limited',
    '/503': 'rate_limited',
    '/loop': 'too_many_redirects',
    '/to-file': 'invalid_url',
    '/to-inside': 'address_denied',
    '/compress': 'encoding_refused',
    '/page': 'not_an_image',
    '/json': 'not_an_image',
    '/empty': 'not_an_image',
    '/svg': 'unsupported_format',
    '/large': 'source_too_large',
    '/endless': 'source_too_large',
    '/short': 'truncated_download',
    '/reset': 'connect_failed',
  };
  await using origin = await startOrigin((path) => answers[path]);
  const found: Record<string, string> = {};
  for (const path of Object.keys(answers)) found[path] = await codeOf(fetchFrom(origin.url + path));
  assert.deepEqual(found, expected);
  assert.equal(await codeOf(fetchFrom('http://127.0.0.1:1/x.jpg')), 'connect_failed');
  assert.equal(await codeOf(fetchFrom('https://127.0.0.1:1/x.jpg')), 'connect_failed');
  assert.equal(await codeOf(fetchFrom(origin.url.replace('http:', 'https:'))), 'tls_failed');
  assert.equal(await codeOf(fetchFrom('http://no-such-host.invalid/x.jpg')), 'dns_failed');
});

test('a host that asks for a pause says for how long', async () => {
  const inAMinute = new Date(Date.now() + 90_000).toUTCString();
  const answers: Record<string, string> = {
    '/seconds': '120',
    '/date': inAMinute,
    '/short': '1',
    '/long': '86400',
  };
  await using origin = await startOrigin((path) => (_request, response) => {
    response.writeHead(429, answers[path] ? { 'retry-after': answers[path] } : {}).end();
  });
  const holds: Record<string, number> = {};
  for (const path of [...Object.keys(answers), '/none'])
    await fetchFrom(origin.url + path).catch(
      (error: ImageProblem) => (holds[path] = (error.holdHostMs ?? 0) / 1000),
    );
  const { '/date': date = 0, ...others } = holds;
  assert.deepEqual(others, { '/seconds': 120, '/short': 30, '/long': 3600, '/none': 30 });
  assert.ok(date > 80 && date <= 90);
});

describe('the guard', () => {
  test('lets nothing through to this machine unless its network is named', async () => {
    await using origin = await startOrigin(() => PHOTO);
    const { port } = new URL(origin.url);
    const settings = { ALLOWED_PORTS: port };
    for (const host of [
      '127.0.0.1',
      'localhost',
      '[::1]',
      '[::ffff:127.0.0.1]',
      '0x7f.1',
      '2130706433',
      '0',
      '[::]',
    ])
      assert.equal(await codeOf(fetchFrom(`http://${host}:${port}/`, { settings })), 'address_denied', host);
    assert.equal(origin.requests.size, 0);
    const { content } = await fetchFrom(`http://localhost:${port}/`);
    assert.ok(content.equals(PHOTO));
  });

  test('refuses URLs of another scheme, with a user, or to another port', async () => {
    const settings = {};
    for (const url of [
      'ftp://example.com/1.jpg',
      'file:///etc/passwd',
      'https://user:pw@example.com/',
      'https://example.com:22/',
      'nonsense',
    ])
      assert.equal(await codeOf(fetchFrom(url, { settings })), 'invalid_url', url);
  });
});

test('local files are read below their folder only', async () => {
  await using folder = await newFolder();
  const inside = join(folder.path, 'shop');
  await mkdir(join(inside, 'photos'), { recursive: true });
  await writeFile(join(inside, 'photos', 'a.jpg'), PHOTO);
  await writeFile(join(folder.path, 'secret.jpg'), PHOTO);
  await symlink(join(folder.path, 'secret.jpg'), join(inside, 'link.jpg'));
  const { content } = await fetchFrom('photos/a.jpg', { localFolder: inside });
  assert.ok(content.equals(PHOTO));
  for (const path of [
    '../secret.jpg',
    'photos/../../secret.jpg',
    'link.jpg',
    join(folder.path, 'secret.jpg'),
    'none.jpg',
    'photos',
    '.',
  ])
    assert.equal(await codeOf(fetchFrom(path, { localFolder: inside })), 'file_not_found', path);
});

test(
  'a local file that this machine fails to read is trouble of our own, and not a missing file',
  { skip: process.platform !== 'linux' },
  async () => {
    // Nothing is mapped at the beginning of a process's memory, so that reading it fails.
    const reading = fetchFrom('mem', { localFolder: '/proc/self' });
    await assert.rejects(reading, (error) => (error as NodeJS.ErrnoException).code === 'EIO');
  },
);

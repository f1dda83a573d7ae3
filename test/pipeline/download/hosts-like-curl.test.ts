/**
 * What hosts get away with at curl, they get away with here, unless it is dangerous or means something else;
 * and what is refused is refused in words that say why. The answers themselves: support/odd-hosts.ts.
 */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { readConfig } from '../../../src/config.ts';
import { createGuard, type Guard } from '../../../src/net/guard.ts';
import { fetchSource } from '../../../src/pipeline/download/fetch.ts';
import { ImageProblem } from '../../../src/pipeline/problems.ts';
import { createSourceFiles, type SourceFiles } from '../../../src/pipeline/download/source-files.ts';
import { type Folder, newFolder } from '../../support/folder.ts';
import { oddAnswers, startOddOrigin } from '../../support/odd-hosts.ts';
import { smallPicture } from '../../support/pictures.ts';

type Verdicts = Record<string, readonly [curl: string, minilab: string]>;

const CURL = 'curl 7.88.1'; // the one that was asked; others judge some of them in another way
const TAKEN = 'the picture';

/** By the name of an answer. */
const VERDICTS: Verdicts = {
  'a line without a colon': ['error 8', TAKEN],
  'a line without a colon, first': ['error 8', TAKEN],
  'a line of text': ['error 8', TAKEN],
  'a space before the colon': [TAKEN, TAKEN],
  'a space in a name': [TAKEN, TAKEN],
  'an empty name': [TAKEN, TAKEN],
  'a name in UTF-8': [TAKEN, TAKEN],
  'a name in brackets': [TAKEN, TAKEN],
  'a value in latin1': [TAKEN, TAKEN],
  'a value in UTF-8': [TAKEN, TAKEN],
  'a control character in a value': [TAKEN, TAKEN],
  'an escape sequence in a value': [TAKEN, TAKEN],
  'a NUL in a value': ['error 8', TAKEN],
  'a lone CR in a value': [TAKEN, TAKEN],
  'a folded line': [TAKEN, TAKEN],
  'a fold before the first line': ['error 43', TAKEN],
  'an empty value': [TAKEN, TAKEN],
  'no space behind the colon': [TAKEN, TAKEN],
  'spaces behind a value': [TAKEN, TAKEN],
  'bare LF': [TAKEN, TAKEN],
  'LF and CRLF mixed': [TAKEN, TAKEN],
  'no header at all': [TAKEN, TAKEN],
  'no Content-Type': [TAKEN, TAKEN],
  'a Content-Type of text': [TAKEN, TAKEN],
  'a line of 8 KB': [TAKEN, TAKEN],
  'a line of 64 KB': [TAKEN, TAKEN],
  'a line of 98 KB': [TAKEN, TAKEN],
  '500 lines': [TAKEN, TAKEN],
  '100 cookies of 2 KB': [TAKEN, TAKEN],
  'a megabyte of headers': ['error 56', 'server_error: headers larger than 300 KB'],
  'no reason': [TAKEN, TAKEN],
  'an empty reason': [TAKEN, TAKEN],
  'a reason in UTF-8': [TAKEN, TAKEN],
  'a control character in the reason': [TAKEN, TAKEN],
  'two spaces before the status': [TAKEN, TAKEN],
  'a tab before the reason': [TAKEN, TAKEN],
  'a version of 1.0': [TAKEN, TAKEN],
  'a version of 1.2': ['error 1', TAKEN],
  'a version of 2 in the text of 1': [TAKEN, TAKEN],
  'a version of 0.9': ['error 1', TAKEN],
  'no version': ['error 1', 'server_error: invalid HTTP response'],
  'lower-case http': [TAKEN, TAKEN],
  'ICY 200': ['error 1', TAKEN],
  'a status of two digits': ['error 1', 'server_error: invalid HTTP response'],
  'a status of four digits': ['error 1', 'server_error: invalid HTTP response'],
  'a status of 999': [TAKEN, 'http_error: HTTP 999'],
  'blank lines first': ['error 1', TAKEN],
  'a space first': ['error 1', 'server_error: invalid HTTP response'],
  'no header but the picture': ['error 1', 'server_error: invalid HTTP response'],
  'another protocol': ['error 1', 'server_error: invalid HTTP response'],
  'the same length twice': [TAKEN, TAKEN],
  'the same length in one line': [TAKEN, TAKEN],
  'two lengths': ['error 18', 'server_error: conflicting Content-Length: 454 and 455'],
  'two lengths in one line': [TAKEN, 'server_error: conflicting Content-Length: 454 and 455'],
  'a negative length': ['error 8', 'server_error: invalid Content-Length: -1'],
  'a length with a plus': [TAKEN, TAKEN],
  'a length in quotes': ['error 8', TAKEN],
  'a length with a unit': [TAKEN, TAKEN],
  'a length of zeros before': [TAKEN, TAKEN],
  'an empty length': ['error 8', TAKEN],
  'a length beyond 64 bits': [TAKEN, 'source_too_large: more than 5 MB'],
  'a length of words': ['error 8', 'server_error: invalid Content-Length: unknown'],
  'a body beyond its length': [TAKEN, TAKEN],
  'a body short of its length': ['error 18', 'truncated_download'],
  chunks: [TAKEN, TAKEN],
  'chunks with a length': [TAKEN, TAKEN],
  'chunks with a wrong length': [TAKEN, TAKEN],
  'Chunked in capitals': [TAKEN, TAKEN],
  'chunked twice': [TAKEN, TAKEN],
  'chunked and identity': [TAKEN, TAKEN],
  'identity and chunked': [TAKEN, TAKEN],
  'a transfer of identity': [TAKEN, TAKEN],
  'a transfer of nothing': [TAKEN, TAKEN],
  'a transfer of an unknown kind': ['error 61', TAKEN],
  'chunks of gzip': [TAKEN, TAKEN],
  'chunks under 1.0': [TAKEN, TAKEN],
  'chunks said but not sent': ['error 56', 'server_error: invalid chunked encoding'],
  'a chunk size with spaces behind': [TAKEN, TAKEN],
  'a chunk size with a space before': ['error 56', 'server_error: invalid chunked encoding'],
  'a chunk size with zeros': [TAKEN, TAKEN],
  'a chunk size in capitals': [TAKEN, TAKEN],
  'a chunk size with 0x': ['error 43', 'server_error: invalid chunked encoding'],
  'a chunk size of 17 digits': ['error 56', 'server_error: invalid chunked encoding'],
  'a chunk with an extension': [TAKEN, TAKEN],
  'a chunk with an odd extension': [TAKEN, TAKEN],
  'chunks with bare LF': [TAKEN, TAKEN],
  'chunks without a line end behind their data': ['error 56', 'server_error: invalid chunked encoding'],
  'chunks with trailers': ['error 43', TAKEN],
  'chunks without their last one': ['error 18', 'truncated_download'],
  'a last chunk without its blank line': ['error 18', 'truncated_download'],
  'bytes behind the last chunk': [TAKEN, TAKEN],
  '100 first': [TAKEN, TAKEN],
  '103 first': [TAKEN, TAKEN],
  '102 first, five times': [TAKEN, TAKEN],
  '100 first, a thousand times': [TAKEN, 'server_error: more than 20 informational responses (HTTP 100)'],
  '101 unasked': [TAKEN, 'server_error: unexpected switch of protocol (HTTP 101)'],
  'an upgrade offered': [TAKEN, TAKEN],
  '201': [TAKEN, TAKEN],
  '202': [TAKEN, TAKEN],
  '203': [TAKEN, TAKEN],
  '204 with a body': ['other bytes', 'http_error: HTTP 204'],
  '205 with a body': [TAKEN, 'http_error: HTTP 205'],
  '206 unasked, of the whole': [TAKEN, TAKEN],
  '206 unasked, of a part': [TAKEN, 'http_error: HTTP 206: partial content, though no range was requested'],
  '207': [TAKEN, TAKEN],
  '226': [TAKEN, TAKEN],
  '200 with a Content-Range': [TAKEN, TAKEN],
  '302 without Location': [TAKEN, TAKEN],
  '302 with an empty Location': [TAKEN, TAKEN],
  '304 unasked': ['other bytes', 'http_error: HTTP 304'],
  '305': [TAKEN, TAKEN],
  '404 with the picture': [TAKEN, 'not_found: HTTP 404'],
  'a Refresh': [TAKEN, TAKEN],
  '300 with Location': [TAKEN, TAKEN],
  '301': [TAKEN, TAKEN],
  '303': [TAKEN, TAKEN],
  '307': [TAKEN, TAKEN],
  '308': [TAKEN, TAKEN],
  'to a relative path': [TAKEN, TAKEN],
  'to a path without a scheme': [TAKEN, TAKEN],
  'to a query': [TAKEN, TAKEN],
  'to dots': [TAKEN, TAKEN],
  'to raw UTF-8': [TAKEN, TAKEN],
  'to raw latin1': [TAKEN, TAKEN],
  'to a path with spaces': [TAKEN, TAKEN],
  'to spaces around': [TAKEN, TAKEN],
  'to backslashes': ['other bytes', TAKEN],
  'to a broken escape': [TAKEN, TAKEN],
  'to a fragment': [TAKEN, TAKEN],
  'to angle brackets': ['other bytes', 'not_found: HTTP 404'],
  'to two places': [TAKEN, TAKEN],
  'beside a line without a colon': ['error 8', TAKEN],
  'to itself': ['error 47', 'too_many_redirects: more than 5'],
  'to itself, with a cookie': [
    'error 47',
    'too_many_redirects: more than 5; the host sets a cookie, but Minilab sends only cookies that are set as a request header of the host',
  ],
  gzip: [TAKEN, TAKEN],
  'x-gzip': [TAKEN, TAKEN],
  'GZIP in capitals': [TAKEN, TAKEN],
  deflate: [TAKEN, TAKEN],
  'deflate without its header': [TAKEN, TAKEN],
  br: [TAKEN, TAKEN],
  zstd: [TAKEN, TAKEN],
  'gzip of gzip': [TAKEN, TAKEN],
  'gzip of gzip, in two lines': [TAKEN, TAKEN],
  'gzip of gzip of gzip': [TAKEN, 'encoding_refused: too many nested encodings: gzip, gzip, gzip'],
  'gzip, then brotli': [TAKEN, TAKEN],
  'gzip in chunks': [TAKEN, TAKEN],
  'gzip in two members': ['error 23', TAKEN],
  'gzip with bytes behind': ['error 23', TAKEN],
  'gzip without its checksum': [TAKEN, TAKEN],
  'gzip cut in half': ['other bytes', 'other bytes'],
  'gzip with a wrong checksum': ['error 61', 'server_error: invalid gzip data'],
  'gzip that is damaged': ['error 61', 'server_error: invalid gzip data'],
  'gzip said and not done': ['error 61', TAKEN],
  'gzip with the length of the picture': ['error 18', 'truncated_download'],
  'gzip done and not said': ['other bytes', 'not_an_image: the file is of another kind'],
  identity: [TAKEN, TAKEN],
  none: [TAKEN, TAKEN],
  'an empty coding': [TAKEN, TAKEN],
  'a charset as the coding': ['error 61', TAKEN],
  compress: ['error 61', 'encoding_refused: compress'],
};

const NO_CURL = ((): string | false => {
  try {
    const version = execFileSync('curl', ['--version'], { encoding: 'utf8', stdio: 'pipe' });
    return version.startsWith(CURL)
      ? false
      : `the verdicts are those of ${CURL}, and here is ${version.split(' (')[0]}`;
  } catch {
    return 'there is no curl on this machine';
  }
})();

describe('answers of careless hosts', () => {
  let picture: Buffer;
  let origin: Awaited<ReturnType<typeof startOddOrigin>>;
  let folder: Folder;
  let files: SourceFiles;
  let guard: Guard;
  before(async () => {
    picture = await smallPicture(1);
    origin = await startOddOrigin(picture);
    folder = await newFolder();
    files = createSourceFiles(folder.path);
    guard = createGuard(readConfig({ ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8' }));
  });
  after(async () => {
    await files.close();
    await guard.close();
    await origin[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  async function ours(name: string): Promise<string> {
    const file = await files.take();
    const rules = { guard, maxBytes: 5_000_000, userAgent: 'minilab/test', localFolder: undefined };
    try {
      await fetchSource(origin.urlOf(name), file, rules, new AbortController().signal);
      return (await readFile(file.path)).equals(picture) ? TAKEN : 'other bytes';
    } catch (error) {
      assert.ok(error instanceof ImageProblem, String(error));
      return [error.code, error.detail].filter(Boolean).join(': ');
    } finally {
      files.giveBack(file);
    }
  }

  async function curls(name: string): Promise<string> {
    const bounds = ['--max-redirs', '5', '--max-time', '10', '--noproxy', '*'];
    const { promise, resolve } = Promise.withResolvers<string>();
    const args = ['-q', '-sSL', '--compressed', ...bounds, origin.urlOf(name)];
    execFile('curl', args, { encoding: 'buffer', maxBuffer: 2 ** 24 }, (error, body) =>
      resolve(error ? `error ${error.code}` : body.equals(picture) ? TAKEN : 'other bytes'),
    );
    return promise;
  }

  async function verdicts(judge: (name: string) => Promise<string>): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const name of Object.keys(VERDICTS)) found[name] = await judge(name);
    return found;
  }

  test('each of them has a verdict', () => {
    assert.deepEqual(Object.keys(VERDICTS).toSorted(), Object.keys(oddAnswers(picture)).toSorted());
  });

  test('Minilab takes what is safe, and says of the rest what is wrong', async () => {
    const expected = Object.entries(VERDICTS).map(([name, [, minilab]]) => [name, minilab]);
    assert.deepEqual(await verdicts(ours), Object.fromEntries(expected));
  });

  test('curl judges them as is written here', { skip: NO_CURL }, async () => {
    const expected = Object.entries(VERDICTS).map(([name, [curl]]) => [name, curl]);
    assert.deepEqual(await verdicts(curls), Object.fromEntries(expected));
  });

  test('whatever curl takes and Minilab does not is among those that mean something else', () => {
    const stricter = Object.entries(VERDICTS).filter(
      ([, [curl, minilab]]) => curl === TAKEN && minilab !== TAKEN,
    );
    assert.deepEqual(stricter.map(([name]) => name).toSorted(), MEANT_OTHERWISE.toSorted());
  });
});

/** Taken by curl, which keeps whatever comes, and refused here for a reason. */
const MEANT_OTHERWISE = [
  'a status of 999',
  'two lengths in one line',
  'a length beyond 64 bits',
  '100 first, a thousand times',
  '101 unasked',
  '205 with a body',
  '206 unasked, of a part',
  '404 with the picture',
  'gzip of gzip of gzip',
];

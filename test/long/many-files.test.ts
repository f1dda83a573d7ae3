/** An archive with as many files as are allowed: what it costs, and that one more is refused. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { type IncomingMessage, request } from 'node:http';
import { json as streamJson } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { newDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { type Batch, type Running, startMinilab } from '../support/minilab.ts';
import { NO_PROC } from '../support/processes.ts';
import { buildZip } from '../support/zip-builder.ts';

const FILES = Number(process.env['LONG_FILES'] ?? 200_000);
const OF_PRODUCT = 4;
const MIB = 2 ** 20;

/** Each another content, of half a kilobyte. */
function archiveOf(count: number): Buffer {
  return buildZip(
    Array.from({ length: count }, (_, i) => ({
      name: `P-${Math.floor(i / OF_PRODUCT)}/P-${Math.floor(i / OF_PRODUCT)}-${(i % OF_PRODUCT) + 1}.jpg`,
      content: Buffer.alloc(512, `${i} `),
      isStored: true,
    })),
    count > 65_535 ? count : undefined,
  );
}

/** Of an upload, a preview, or a refusal. */
type Answer = Batch & {
  ok: boolean;
  rows: number;
  images: number;
  errors: { code: string; detail: string }[];
};

describe('an archive of many files', { skip: NO_PROC }, () => {
  const stack = new AsyncDisposableStack();
  let server: Running;
  before(async () => {
    const folder = stack.use(await newFolder());
    const settings = { DATA_DIR: folder.path, DATABASE_URL: await newDatabase() };
    server = stack.use(await startMinilab('serve --no-worker', settings));
  });
  after(() => stack.disposeAsync());

  const procFile = (name: string): Promise<string> => readFile(`/proc/${server.child.pid}/${name}`, 'utf8');
  const peakMib = async (): Promise<number> =>
    Number(/VmHWM:\s+(\d+)/.exec(await procFile('status'))?.[1]) / 1024;
  async function cpuS(): Promise<number> {
    const stat = await procFile('stat');
    const [user = 0, system = 0] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13)
      .map(Number);
    return (user + system) / 100;
  }

  /** `fetch` would wait for no more than five minutes. */
  async function post(path: string, body: Buffer): Promise<{ status: number | undefined; answer: Answer }> {
    const headers = { 'content-type': 'application/zip', 'content-length': body.length };
    const sent = request(`${server.url}${path}`, { method: 'POST', headers });
    sent.end(body);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    return { status: response.statusCode, answer: (await streamJson(response)) as Answer };
  }

  test(`${FILES} files are read and kept in bounded memory`, async (t) => {
    const archive = archiveOf(FILES);
    const measured: string[] = [];
    async function measure<T>(what: string, act: () => Promise<T>): Promise<T> {
      const [cpu, began] = [await cpuS(), performance.now()];
      const result = await act();
      const seconds = (performance.now() - began) / 1_000;
      measured.push(
        `${what}: ${((await cpuS()) - cpu).toFixed(1)} s of CPU, ${seconds.toFixed(1)} s, peak ${(await peakMib()).toFixed()} MiB`,
      );
      return result;
    }
    const before = await peakMib();
    const { answer: preview } = await measure('preview', () => post('/v1/batches/preview', archive));
    assert.deepEqual([preview.ok, preview.images], [true, FILES], JSON.stringify(preview).slice(0, 500));
    assert.equal(preview.rows, Math.ceil(FILES / OF_PRODUCT));
    const { answer: batch } = await measure('upload', () => post('/v1/batches', archive));
    assert.equal(batch.counts.total, FILES);
    const figures = `${FILES} files of ${Math.round(archive.length / MIB)} MiB; ${before.toFixed()} MiB before; ${measured.join('; ')}`;
    t.diagnostic(figures);
    assert.ok((await peakMib()) - before < 150 + (350 * FILES) / 200_000, figures);
  });

  test('more than 200,000 files are refused, with what to do', async () => {
    const { status, answer } = await post(
      '/v1/batches',
      buildZip([{ name: 'a.jpg', content: 'x' }], 200_001),
    );
    assert.deepEqual(
      [status, answer.errors.map(({ code, detail }) => `${code}: ${detail}`)],
      [422, ['file_too_complex: The ZIP has more than 200,000 files in it. Split it into several.']],
    );
  });
});

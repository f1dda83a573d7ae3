import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdir, readFile, utimes } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/database.ts';
import { removeLeftovers } from '../../src/temporary-folder.ts';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { json, startMinilab } from '../support/minilab.ts';
import { NO_PROC } from '../support/processes.ts';
import { until } from '../support/until.ts';

const KEPT_MIB = Number(process.env['LONG_KEPT_MIB'] ?? 200);
const MIB = 2 ** 20;
const ROW = `1,"A mug, with a name as long as they are",http://127.0.0.1:1/1.jpg\n`;
const BAD_ROW = ROW.replace('http:', 'ftp:');

/** @param isBad of each row, by its number */
function* rowsOf(bytes: number, isBad: (row: number) => boolean): Generator<Buffer> {
  yield Buffer.from('SKU,Product Name,Input Image Urls\n');
  const ROWS = 1_000;
  for (let made = 0, row = 0; made < bytes; row += ROWS) {
    const rows = Array.from({ length: ROWS }, (_, i) => (isBad(row + i) ? BAD_ROW : ROW)).join('');
    made += rows.length;
    yield Buffer.from(rows);
  }
}

describe('large and cut off kept uploads', () => {
  const stack = new AsyncDisposableStack();
  let settings: Record<string, string>;
  let tmp: string;

  before(async () => {
    const folder = stack.use(await newFolder());
    settings = { DATA_DIR: folder.path, DATABASE_URL: await migratedDatabase() };
    tmp = join(folder.path, 'tmp');
  });

  after(() => stack.disposeAsync());

  const keptFiles = async (): Promise<string[]> =>
    (await readdir(tmp)).filter((name) => name.startsWith('kept-'));

  test(`${KEPT_MIB} MB are kept, previewed and corrected in bounded memory`, { skip: NO_PROC }, async (t) => {
    await using server = await startMinilab('serve --no-worker', settings);
    const peakMib = async (): Promise<number> => {
      const status = await readFile(`/proc/${server.child.pid}/status`, 'utf8');
      return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
    };
    const before = await peakMib();
    const isBad = (row: number): boolean => row % (row < 100_000 ? 2 : 4_000) === 0; // many, then one in a chunk
    const body = Readable.toWeb(Readable.from(rowsOf(KEPT_MIB * MIB, isBad)));
    const kept = await json<{ upload_id: string; bytes: number }>(
      fetch(`${server.url}/v1/uploads`, {
        method: 'POST',
        body,
        duplex: 'half',
        headers: { 'content-type': 'text/csv' },
      }),
    );
    assert.ok(kept.bytes >= KEPT_MIB * MIB);
    const afterUpload = await peakMib();
    const preview = await json<{ rows: number; bad_rows: number }>(
      fetch(`${server.url}/v1/batches/preview?upload=${kept.upload_id}`, { method: 'POST' }),
    );
    assert.ok(preview.rows > 14_000 * KEPT_MIB && preview.bad_rows > 50_000, JSON.stringify(preview));
    const errors = await fetch(`${server.url}/v1/uploads/${kept.upload_id}/errors.csv`);
    let bytes = 0;
    for await (const chunk of errors.body ?? []) bytes += (chunk as Uint8Array).length;
    assert.equal(bytes, 34 + preview.bad_rows * BAD_ROW.length);
    const atEnd = await peakMib();
    const figures = `${before.toFixed()} MiB before, ${afterUpload.toFixed()} after the upload, ${atEnd.toFixed()} at the end`;
    t.diagnostic(figures);
    assert.ok(afterUpload - before < 100 && atEnd - before < 200, figures);
    await fetch(`${server.url}/v1/uploads/${kept.upload_id}`, { method: 'DELETE' });
    assert.deepEqual(await keptFiles(), []);
  });

  test('a process that is killed while an upload arrives leaves nothing that the search for leftovers does not find', async () => {
    const { db } = openDatabase(settings['DATABASE_URL'] ?? '');
    stack.defer(() => db.destroy());
    const server = await startMinilab('serve --no-worker', settings);
    const form = { 'content-type': 'text/csv', 'content-length': MIB };
    const cut = httpRequest(`${server.url}/v1/uploads`, { method: 'POST', headers: form });
    cut.on('error', () => {});
    cut.write(ROW);
    await until(async () => (await keptFiles()).length === 1);
    const dead = once(server.child, 'exit');
    server.child.kill('SIGKILL');
    await dead;
    const [left = ''] = await keptFiles();

    const rows = async (): Promise<number> => {
      const found = await sql<{ count: number }>`select count(*) as count from uploads`.execute(db);
      return found.rows[0]?.count ?? 0;
    };
    assert.equal(await rows(), 1);
    await removeLeftovers(tmp, db);
    assert.deepEqual(await keptFiles(), [left], 'it may still be in use');
    // two hours later
    await sql`update uploads set expires_at = expires_at - interval '2 hours'`.execute(db);
    const then = Date.now() / 1_000 - 7_200;
    await utimes(join(tmp, left), then, then);
    await using _restarted = await startMinilab('serve --no-worker', settings);
    await until(async () => (await keptFiles()).length === 0);
  });
});

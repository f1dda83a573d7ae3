/** The walks of docs/walks.md, run from top to bottom against a real server. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Webhook } from 'standardwebhooks';
import { newApiKey } from '../../src/access/api-key.ts';
import { IMAGE_PROBLEMS } from '../../src/pipeline/image-problems.ts';
import { migratedDatabase } from '../support/database.ts';
import { codeBlocks, missing } from '../support/examples.ts';
import { type Folder, newFolder } from '../support/folder.ts';
import { type Batch, startMinilab } from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { smallPicture } from '../support/pictures.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { readZip } from '../support/zip.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const [PREPARED = '', ...WALKS] = readFileSync(join(ROOT, 'docs', 'walks.md'), 'utf8').split(/^## /m);
const [FIELD = ''] = /^field\(\).*$/m.exec(PREPARED) ?? [];
const MINILAB = `'${process.execPath}' '${join(ROOT, 'src', 'main.ts')}'`;
const DEADLINE_MS = 300_000; // of a walk that waits for what never happens
const SKIP = (await missing('curl')) || (await missing('bash'));

type Entry = { action: string; actor: string };

describe('docs/walks.md', { skip: SKIP }, () => {
  const stack = new AsyncDisposableStack();
  const key = newApiKey();
  let origin: Origin;
  let receiver: Receiver;
  let settings: Record<string, string>;
  let url: string;

  before(async () => {
    const pictures = await Promise.all([1, 2, 3].map((number) => smallPicture(number)));
    const [, , late] = pictures;
    origin = stack.use(
      await startOrigin((path) => {
        if (path === '/page.jpg') return Buffer.from('<!doctype html><title>Shop</title>');
        if (path !== '/late.jpg') return pictures['12'.indexOf(path.charAt(1))];
        return (origin.requests.get(path) ?? 0) > IMAGE_PROBLEMS.not_found.tries ? late : undefined;
      }),
    );
    receiver = stack.use(await startReceiver());
    const { path } = stack.use(await newFolder());
    settings = { DATA_DIR: path, DATABASE_URL: await migratedDatabase() };
    ({ url } = stack.use(await startMinilab('serve', { ...settings, MINILAB_KEY: key })));
  });

  after(() => stack.disposeAsync());

  /** Runs the commands of a walk, checks that it shows the fields of the answers in the document, and returns what it showed. */
  async function walk(
    title: string,
    folder: Folder,
    variables: Record<string, string> = {},
  ): Promise<string> {
    const text = WALKS.find((part) => part.startsWith(title)) ?? '';
    const commands = codeBlocks(text, 'sh').join('\n').replaceAll('npx minilab', MINILAB);
    await writeFile(join(folder.path, 'walk.sh'), `${FIELD}\n${commands}`);
    const { PATH = '', HOME = '', NODE_COMPILE_CACHE = '', NODE_OPTIONS = '' } = process.env;
    const { stdout } = await promisify(execFile)('bash', ['-e', 'walk.sh'], {
      cwd: folder.path,
      env: { PATH, HOME, NODE_COMPILE_CACHE, NODE_OPTIONS, URL: url, ...settings, ...variables },
      timeout: DEADLINE_MS,
    });
    for (const [, name] of codeBlocks(text, 'json')
      .join('')
      .matchAll(/"(\w+)":/g))
      assert.ok(stdout.includes(`"${name}":`), `${title} shows ${name}`);
    return stdout;
  }

  const parse = async <T>({ path }: Folder, name: string): Promise<T> =>
    JSON.parse(await readFile(join(path, name), 'utf8')) as T;

  test("a customer's: upload, wait, failures, retry, results", async () => {
    await using folder = await newFolder();
    const read = (name: string): Promise<string> => readFile(join(folder.path, name), 'utf8');
    const rows = ['A,/1.jpg', 'B,/2.jpg', 'C,/late.jpg', 'D,/page.jpg'];
    const csv = ['SKU,Image', ...rows.map((row) => row.replace('/', `${origin.url}/`)), ''].join('\n');
    await writeFile(join(folder.path, 'catalog.csv'), csv);
    const said = await walk("A customer's walk", folder, { KEY: key });
    assert.match(said, /^event: done\ndata: .*"completed":2,"failed":2/m);
    assert.match(said, /"code":"not_an_image".*"code":"not_found"|"code":"not_found".*"code":"not_an_image"/);
    const failed = await read('failed.csv');
    assert.match(failed, /\/late\.jpg[^]*\/page\.jpg/);
    assert.doesNotMatch(failed, /\/[12]\.jpg/);
    const batch = await parse<Batch & { round: number }>(folder, 'batch.json');
    assert.equal(batch.id, (await parse<Batch>(folder, 'again.json')).id);
    assert.deepEqual([batch.round, batch.counts.completed, batch.counts.failed], [2, 3, 1]);
    assert.deepEqual(batch.errors_by_code, { not_an_image: 1 });
    assert.equal(origin.requests.get('/page.jpg'), IMAGE_PROBLEMS.not_an_image.tries, 'it was not retried');
    const output = await read('output.csv');
    assert.equal(output.match(/^[ABC],.*\/files\//gm)?.length, 3);
    assert.match(output, /^D,.*1:not_an_image/m);
    assert.equal((await read('manifest.ndjson')).match(/"slot":/g)?.length, 7); // two renditions of each, and a failure
    const names = [...(await readZip(await readFile(join(folder.path, 'images.zip')))).keys()];
    assert.ok(
      ['A', 'B', 'C'].every((sku) => names.some((name) => name.startsWith(sku))),
      names.join(),
    );
  });

  test("an operator's: tenant, key, quota, usage, webhook, audit log, revoked key", async () => {
    await using folder = await newFolder();
    const said = await walk("An operator's walk", folder, { RECEIVER: `${receiver.url}/hook` });
    assert.match(said, /^shop .* 0 of 10000 /m);
    assert.match(said, /"images_per_day":10000,"stored_bytes":50000000000/);
    const delivery = await parse<{ state: string; last_status: number }>(folder, 'delivery.json');
    assert.deepEqual([delivery.state, delivery.last_status], ['delivered', 204]);
    const [message] = receiver.received;
    assert.equal(message?.type, 'webhook.test');
    const old = await parse<{ secret: string }>(folder, 'endpoint.json');
    assert.doesNotThrow(() => new Webhook(old.secret).verify(message?.body ?? '', message?.headers ?? {}));
    assert.notEqual((await parse<{ secret: string }>(folder, 'rotated.json')).secret, old.secret);
    const log = async (name: string): Promise<string[]> =>
      (await parse<{ items: Entry[] }>(folder, name)).items.map(({ action, actor }) => `${actor} ${action}`);
    assert.deepEqual(await log('audit.json'), [
      'key webhook.rotate_secret',
      'key webhook.test',
      'key webhook.create',
      'command_line key.create',
    ]);
    assert.deepEqual(await log('operator-audit.json'), [
      'command_line tenant.limit',
      'command_line tenant.create',
    ]);
    assert.equal((await parse<{ code: string }>(folder, 'refused.json')).code, 'unauthorized');
  });
});

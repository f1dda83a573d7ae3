/** Settings that all processes of a database share: who decides, who is refused, and what running ones see. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openDatabase } from '../../src/db/database.ts';
import { migrate, MIGRATIONS } from '../../src/db/migrate.ts';
import { newSecret } from '../../src/webhooks/signing.ts';
import { migratedDatabase } from '../support/database.ts';
import { type Folder, newFolder } from '../support/folder.ts';
import {
  type Batch,
  freePort,
  json,
  type Ran,
  type Running,
  runMinilab,
  startMinilab,
  untilEnded,
  upload,
} from '../support/minilab.ts';
import { type Origin, startOrigin } from '../support/origin.ts';
import { smallPicture } from '../support/pictures.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { until } from '../support/until.ts';

const PUBLIC_URL = 'https://minilab.example';
const key = (byte: number): string => Buffer.alloc(32, byte).toString('base64');

/** The settings of `minilab settings --json`, by name; of secrets, their fingerprints. */
async function shared(settings: Record<string, string>): Promise<Record<string, string>> {
  const { out } = await runMinilab(['settings', '--json'], { settings });
  const { items } = JSON.parse(out) as { items: { name: string; value?: string; fingerprint?: string }[] };
  return Object.fromEntries(items.map(({ name, value, fingerprint }) => [name, value ?? `${fingerprint}`]));
}

describe('a server with all settings, and a worker that is told the database only', () => {
  const stack = new AsyncDisposableStack();
  const WEBHOOK_SECRET = newSecret();
  let folder: Folder;
  let origin: Origin;
  let receiver: Receiver;
  let api: Running;
  let worker: Running;
  let place: { DATABASE_URL: string };

  before(async () => {
    folder = stack.use(await newFolder());
    const picture = await smallPicture(1);
    origin = stack.use(await startOrigin(() => picture));
    receiver = stack.use(await startReceiver());
    place = { DATABASE_URL: await migratedDatabase() };
    api = stack.use(
      await startMinilab('serve --no-worker', {
        ...place,
        PUBLIC_URL,
        WEBHOOK_SECRET,
        DATA_DIR: join(folder.path, 'api'),
        STORAGE_URL: pathToFileURL(join(folder.path, 'files')).href,
        WEBHOOK_URL: `${receiver.url}/hook`,
        SECRETS_KEY: key(1),
      }),
    );
    const own = { DATA_DIR: join(folder.path, 'worker'), WORKER_CORES: '1' };
    worker = stack.use(await startMinilab('worker', { ...place, ...own }));
  });
  after(() => stack.disposeAsync());

  const here = (link: string): string => link.replace(PUBLIC_URL, api.url);
  const command = (...args: string[]): Promise<Ran> =>
    runMinilab(args, { settings: { ...place, DATA_DIR: join(folder.path, 'command') } });

  async function runBatch(name: string): Promise<Batch> {
    const csv = `Image\n${origin.url}/${name}.jpg\n`;
    const { links } = await json<Batch>(upload(api.url, csv, { name }));
    assert.ok(links.self.startsWith(`${PUBLIC_URL}/`));
    return untilEnded(here(links.self));
  }

  test('the worker settles a batch: the event tells the PUBLIC_URL of all, and the files are where all look', async () => {
    const { counts, links } = await runBatch('first');
    assert.equal(counts.completed, 1);
    const [message] = await receiver.until('/hook', 1);
    const event = JSON.parse(message?.body ?? '') as { data: { batch: Batch } };
    assert.equal(event.data.batch.links.self, links.self);
    const images = await json<{ items: { renditions: { url: string }[] }[] }>(fetch(here(links.images)));
    const url = images.items[0]?.renditions[0]?.url ?? '';
    assert.equal((await fetch(here(url))).status, 200);
  });

  test('another PUBLIC_URL or SECRETS_KEY is refused in one sentence, and doctor tells it', async () => {
    const settings = {
      ...place,
      DATA_DIR: join(folder.path, 'other'),
      PUBLIC_URL: 'https://other.example',
      SECRETS_KEY: key(2),
    };
    for (const start of ['serve', 'worker', 'sweep-storage', 'doctor']) {
      const { code, out, err } = await runMinilab([start], { settings });
      assert.equal(code, 1, start);
      assert.match(
        out + err,
        /PUBLIC_URL is https:\/\/other\.example, but https:\/\/minilab\.example .*SECRETS_KEY is .* minilab settings set PUBLIC_URL and minilab settings set SECRETS_KEY/,
      );
      assert.ok(!(out + err).includes(key(2)));
    }
    const { code, out } = await command('doctor');
    assert.match(out, /^ok {4}shared settings: PUBLIC_URL, SECRETS_KEY, /m);
    assert.match(out, new RegExp(`^ok    storage: ${join(folder.path, 'files')} is writable`, 'm'));
    assert.equal(code, 0, out);
  });

  test('a server that does not say WEBHOOK_URL leaves it as it is', async () => {
    const own = { DATA_DIR: join(folder.path, 'second') };
    await using _second = await startMinilab('serve --no-worker', { ...place, ...own });
    await runBatch('second');
    await receiver.until('/hook', 2);
  });

  test('running processes see a changed setting, use it where they can, and say where they cannot', async () => {
    const host = `${api.url}/v1/hosts/${new URL(origin.url).host}`;
    const ceiling = async (): Promise<unknown> => (await json<{ ceiling: number }>(fetch(host))).ceiling;
    assert.equal(await ceiling(), 32);
    const { code, err } = await command('settings', 'set', 'HOST_CONCURRENCY', '7');
    assert.deepEqual(
      [code, err],
      [
        0,
        `HOST_CONCURRENCY is 7 for all processes of this database. Those that run now: used from now on.\n`,
      ],
    );
    await command('settings', 'set', 'FILES_URL', 'https://cdn.example/');
    await until(async () => (await ceiling()) === 7);
    for (const { said } of [api, worker]) {
      await until(() =>
        /"setting":"FILES_URL","value":"https:\/\/cdn\.example".*restart to use it"/.test(said()),
      );
      assert.match(said(), /"setting":"HOST_CONCURRENCY","value":"7".*used from now on"/);
    }
    const { out } = await command('settings');
    assert.match(out, /^FILES_URL +https:\/\/cdn\.example +20\S+Z +minilab settings on /m);
    await command('settings', 'unset', 'HOST_CONCURRENCY');
    await until(async () => (await ceiling()) === 32, 30_000, 'the default');
    assert.match(out, /^SECRETS_KEY +\(fingerprint [0-9a-f]{16}\) +20\S+Z +process \d+ on /m);
  });

  test('a worker claims nothing while all share another storage than it uses', async () => {
    type Workers = { items: { paused_because: string[] }[] };
    const paused = async (): Promise<string[]> =>
      (await json<Workers>(fetch(`${api.url}/v1/workers`))).items.flatMap((each) => each.paused_because);
    const { out } = await command('settings', '--json');
    const { value } = (JSON.parse(out) as { items: { name: string; value: string }[] }).items.find(
      ({ name }) => name === 'STORAGE_URL',
    ) ?? { value: '' };
    await command('settings', 'set', 'STORAGE_URL', `${value}-elsewhere`);
    await until(
      async () => (await paused()).some((why) => /share another storage/.test(why)),
      30_000,
      'the pause',
    );
    await command('settings', 'set', 'STORAGE_URL', value);
    await until(async () => (await paused()).length === 0, 30_000, 'the end of the pause');
  });

  test('another WEBHOOK_URL hears of the next batch, with the secret that is known', async () => {
    assert.equal((await command('settings', 'set', 'WEBHOOK_URL', `${receiver.url}/moved`)).code, 0);
    await runBatch('third');
    await receiver.until('/moved', 1);
    assert.equal((await command('settings', 'unset', 'WEBHOOK_URL')).code, 0);
    const { webhook } = (await runBatch('fourth')) as Batch & { webhook: unknown };
    assert.equal(webhook, null);
  });

  test('what cannot be shared is refused, and a secret is never taken from a command line', async () => {
    for (const [args, why] of [
      [['PORT', '80'], /"PORT" is no shared setting\. Shared are PUBLIC_URL, /],
      [['PUBLIC_URL', 'minilab'], /PUBLIC_URL is "minilab", and must be a URL/],
      [['PUBLIC_URL', 'http://localhost:3000'], /another place on each machine/],
      [['WEBHOOK_URL', 'http://10.0.0.5/hook'], /WEBHOOK_URL cannot be used/],
      [['SECRETS_KEY', key(3)], /set SECRETS_KEY in the environment/],
      [['FILES_URL'], /Say its value/],
    ] as const) {
      const { code, err } = await command('settings', 'set', ...args);
      assert.equal(code, 1);
      assert.match(err, why);
    }
    const settings = { ...place, DATA_DIR: join(folder.path, 'command'), SECRETS_KEY: key(3) };
    await runMinilab(['settings', 'set', 'SECRETS_KEY'], { settings });
    assert.match((await runMinilab(['doctor'], { settings })).out, /^ok {4}shared settings: .*SECRETS_KEY/m);
    assert.match((await command('settings', 'unset', 'SECRETS_KEY')).err, /is not shared any more/);
  });
});

test('a database of a version without shared settings is upgraded by the first start, which says them', async () => {
  await using folder = await newFolder();
  const settings = { DATABASE_URL: await migratedDatabase(), DATA_DIR: folder.path };
  const { db } = openDatabase(settings.DATABASE_URL);
  await migrate(db, { names: Object.keys(MIGRATIONS).filter((name) => name < '0028') });
  await db.destroy();
  assert.match((await runMinilab(['doctor'], { settings })).out, /^ok {4}shared settings: none so far/m);
  await using _api = await startMinilab('serve --no-worker', {
    ...settings,
    PUBLIC_URL,
    HOST_CONCURRENCY: '8',
  });
  assert.deepEqual(await shared(settings), { PUBLIC_URL, HOST_CONCURRENCY: '8' });
});

test('with the bundled database, each start decides for itself, as the demo does with its port', async () => {
  await using folder = await newFolder();
  await using receiver = await startReceiver();
  const own = { DATA_DIR: folder.path };
  for (const name of ['first', 'second']) {
    const port = await freePort();
    await using minilab = await startMinilab('serve', {
      ...own,
      PORT: String(port),
      PUBLIC_URL: `http://localhost:${port}`,
      WEBHOOK_URL: `${receiver.url}/${name}`,
      WEBHOOK_SECRET: newSecret(),
      SECRETS_KEY: key(port % 256),
      WORKER_CORES: '1',
    });
    const { links } = await json<Batch>(upload(minilab.url, 'Image\nhttp://127.0.0.1:9/none.jpg\n'));
    assert.ok(links.self.startsWith(`http://localhost:${port}/`));
    await fetch(links.cancel, { method: 'POST' });
    await receiver.until(`/${name}`, 1);
  }
  assert.deepEqual(await shared(own), {});
});

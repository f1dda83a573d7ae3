/**
 * Keeps a sample of the database that a version of Minilab leaves behind, for test/long/earlier-versions.test.ts:
 *
 *   npx node test/programs/take-upgrade-sample.ts CHECKOUT NAME
 *
 * CHECKOUT is a folder with that version, after `npm ci`; NAME becomes test/upgrades/NAME.json. Its `serve`
 * runs a few small batches with everything that it offers, and is killed in the middle of the last one.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from 'pg';
import { newFolder } from '../support/folder.ts';
import { freePort } from '../support/minilab.ts';
import { newPostgres } from '../support/postgres.ts';
import {
  dumpTables,
  EMPTY,
  ORIGIN,
  type Sample,
  SAMPLES,
  SLOW_ORIGIN,
  type ToldBatch,
  uploadSample,
} from '../support/upgrades.ts';
import { type SampleOrigin, startSampleOrigin } from '../support/upgrade-origin.ts';
import { until } from '../support/until.ts';

const PUBLIC_URL = 'http://minilab.example';
const WAIT_MS = 180_000;
const SECRET = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;

type Api = {
  url: string;
  /** whether the version has this operation, with this option */
  offers(method: string, path: string, option?: string): boolean;
};

type OpenApi = { paths: Record<string, Record<string, { parameters?: { name: string }[] }>> };

async function takeSample(checkout: string, name: string): Promise<void> {
  await using folder = await newFolder();
  await using postgres = await newPostgres();
  await using origin = await startSampleOrigin({ isLate: true });
  const database = await postgres.newDatabase();
  await using version = await startVersion(checkout, {
    ...{ DATABASE_URL: database, DATA_DIR: folder.path, PUBLIC_URL, WORKER_CORES: '1' },
    ...{ WEBHOOK_URL: `${origin.url}/hook`, WEBHOOK_SECRET: SECRET, WEBHOOK_SCHEDULE: '0,30s,30s' },
  });
  const told = await useVersion(version.api, origin);
  await version.kill();
  const client = new Client(database);
  await client.connect();
  const { rows } = await client.query<{ name: string }>('select name from kysely_migration order by name');
  const sample: Sample = {
    version: name,
    taken: new Date().toISOString(),
    migrations: rows.map((row) => row.name),
    queue: await keepQueueSchema(checkout),
    tables: await dumpTables(client),
    files: await readFiles(join(folder.path, 'files')),
    told,
  };
  await client.end();
  const text = textOf(sample)
    .replaceAll(new URL(origin.url).host, ORIGIN)
    .replaceAll(new URL(origin.slowUrl).host, SLOW_ORIGIN)
    .replaceAll(/whsec_[\w+/=]+/g, SECRET)
    .replaceAll(`"${hostname()}"`, '"machine"');
  for (const own of [folder.path, checkout, import.meta.dirname])
    assert.ok(!text.includes(own), `the sample names ${own}`);
  await writeFile(join(SAMPLES, `${name}.json`), `${text}\n`);
}

type Version = AsyncDisposable & { api: Api; kill(): Promise<void> };

/** Starts `serve` of the version, on its own Node. It is killed in any case: it would keep the outputs of this program open. */
async function startVersion(checkout: string, settings: Record<string, string>): Promise<Version> {
  const port = await freePort();
  const { PATH = '', HOME = '' } = process.env;
  const own = { PATH, HOME, PORT: String(port), ALLOWED_PRIVATE_NETWORKS: '127.0.0.0/8', LOG_LEVEL: 'warn' };
  const server = spawn(process.execPath, [join(checkout, 'src', 'main.ts'), 'serve'], {
    env: { ...own, ...settings },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const ended = once(server, 'exit');
  async function kill(): Promise<void> {
    server.kill('SIGKILL');
    await ended;
  }
  const api = await apiOf(server, `http://127.0.0.1:${port}`).catch(async (error: unknown) => {
    await kill();
    throw error;
  });
  return { api, kill, [Symbol.asyncDispose]: kill };
}

/** What the version offers, when it answers. */
async function apiOf(server: ChildProcess, url: string): Promise<Api> {
  const isUp = (): Promise<boolean> =>
    fetch(`${url}/openapi.json`).then(
      (response) => response.ok,
      () => false,
    );
  await until(
    async () => {
      assert.equal(server.exitCode, null, 'the version starts');
      return isUp();
    },
    WAIT_MS,
    'an answer of the version',
  );
  const document = await json<OpenApi>(fetch(`${url}/openapi.json`));
  const paths = Object.fromEntries(
    Object.entries(document.paths).map(([path, operations]) => [withoutNames(path), operations]),
  );
  const offers: Api['offers'] = (method, path, option) => {
    const operation = paths[withoutNames(path)]?.[method];
    return operation !== undefined && (!option || !!operation.parameters?.some((p) => p.name === option));
  };
  return { url, offers };
}

/** Versions name the parameters of a path in different ways. */
function withoutNames(path: string): string {
  return path.replaceAll(/\{\w+\}/g, '{}');
}

/** A few batches that end, and one that does not: see the journey for what becomes of each. */
async function useVersion(api: Api, origin: SampleOrigin): Promise<Record<string, ToldBatch>> {
  const { url } = origin;
  if (api.offers('post', '/v1/webhooks')) await withEndpoint(api, origin);
  const empty = await uploadSample(api.url, EMPTY.name, EMPTY.lines);
  await untilEnded(api, empty);
  const plain = await uploadSample(api.url, 'plain', [
    'S. No.,Product Name,SKU,Input Image Urls',
    `1,Two and one of them again,A-1,"${url}/1.png,${url}/2.png"`,
    `2,The same once more,A-2,${url}/1.png`,
    `3,Gone and there,A-3,"${url}/late-1.png,${url}/3.png"`,
    `4,No image,A-4,${url}/page.html`,
    `5,Spilled,A-5,${url}/4.png,${url}/5.png`,
  ]);
  await untilEnded(api, plain);
  if (api.offers('put', '/v1/channels/{name}')) await put(api, '/v1/channels/own', OWN_CHANNEL);
  if (api.offers('put', '/v1/pictures/{sha256}')) await markOne(api, plain);
  if (api.offers('put', '/v1/presets/{name}')) await withOwnPreset(api, origin);
  if (api.offers('post', '/v1/batches/{batch}/cancel')) await cancelled(api, origin);
  const told: Record<string, ToldBatch> = {};
  for (const { id, name } of await batches(api))
    told[name] = { ...(await tellBatch(api, id)), ...(await verdictsOf(api, id)) };
  await begin(api, origin);
  return told;
}

/** As those of marketplaces, and small. */
const MAIN = { name: 'main', width: 40, height: 40, fit: 'object', fill: 0.8 };
const OWN_CHANNEL = { title: 'Own', rules: [{ rule: 'min_sides', at_least: 20 }] };

/** Marks a picture of the batch, so that other images of it are made as before. */
async function markOne(api: Api, id: string): Promise<void> {
  const { items } = await json<{ items: { source: { sha256: string } | null }[] }>(
    fetch(`${api.url}/v1/batches/${id}/images`),
  );
  const sha256 = items.find(({ source }) => source)?.source?.sha256;
  await put(api, `/v1/pictures/${sha256}`, { kind: 'allowed', note: 'of one\u2019s own' });
}

async function put(api: Api, path: string, body: unknown): Promise<void> {
  const answer = await fetch(`${api.url}${path}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  assert.ok(answer.ok, await answer.text());
}

/** Everything that an upload may say, as far as the version takes it. */
async function withOwnPreset(api: Api, { url }: SampleOrigin): Promise<void> {
  const preset = {
    description: 'of one\u2019s own',
    renditions: [
      { name: 'big', width: 20, height: 20, fit: 'contain' },
      { name: 'small', width: 8, format: 'webp' },
    ],
  };
  await put(api, '/v1/presets/own', preset);
  const takes = (option: string): boolean => api.offers('post', '/v1/batches', option);
  if (takes('main_preset')) await put(api, '/v1/presets/main', { renditions: [MAIN] });
  const id = await uploadSample(
    api.url,
    'own',
    takes('columns')
      ? [
          'Art,Titel;Foto 1;Foto 2',
          `B-1;Two columns;${url}/6.png;${url}/1.png`,
          `B-2;One is no address;nonsense;${url}/2.png`,
          `B-3;Gone;${url}/late-2.png;`,
        ].map((line) => line.replace(',', ';'))
      : ['S. No.,Product Name,Input Image Urls', `1,One,${url}/6.png`, `2,Gone,${url}/late-2.png`],
    {
      preset: 'own',
      callback_url: `${url}/hook`,
      ...(takes('columns') && {
        columns: JSON.stringify({ images: ['Foto 1', 'Foto 2'], sku: 'Art', name: 'Titel' }),
      }),
      ...(takes('on_invalid') && { on_invalid: 'skip' }),
      ...(takes('name_template') && { name_template: '{sku}-{position}-{rendition}.{ext}' }),
      ...(takes('fresh_for') && { fresh_for: '1h' }),
      ...(takes('deadline_hours') && { deadline_hours: '48' }),
      ...(takes('main_preset') && { main_preset: 'main' }),
      ...(takes('apparel') && { apparel: 'true' }),
      ...(takes('placeholders') && { placeholders: 'warn' }),
    },
  );
  await untilEnded(api, id);
  if (!api.offers('post', '/v1/batches/{batch}/retry')) return;
  const retried = await fetch(`${api.url}/v1/batches/${id}/retry`, { method: 'POST' });
  assert.ok(retried.ok, await retried.text());
  await untilEnded(api, id);
}

/** A registered endpoint, with deliveries that are pending when the version ends. */
async function withEndpoint(api: Api, { url }: SampleOrigin): Promise<void> {
  const response = await fetch(`${api.url}/v1/webhooks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: `${url}/hook`, secret: SECRET, event_types: ['batch.progress'] }),
  });
  assert.ok(response.ok, await response.text());
}

async function cancelled(api: Api, { slowUrl }: SampleOrigin): Promise<void> {
  const id = await uploadSample(api.url, 'cancelled', [
    'S. No.,Product Name,Input Image Urls',
    `1,One,${slowUrl}/hold-cancelled.png`,
  ]);
  const answer = await fetch(`${api.url}/v1/batches/${id}/cancel`, { method: 'POST' });
  assert.ok(answer.ok, await answer.text());
}

/** A batch of which something has ended, something is in work, something waits, and something will come again. */
async function begin(api: Api, origin: SampleOrigin): Promise<void> {
  const { url, slowUrl } = origin;
  const held = Array.from({ length: 24 }, (_, i) => `${i + 10},Held,${slowUrl}/hold-${i}.png`);
  const id = await uploadSample(api.url, 'begun', [
    'S. No.,Product Name,Input Image Urls',
    `1,Done,"${url}/7.png,${url}/2.png"`,
    `2,Gone,${url}/gone.png`,
    `3,Fails at first,${url}/failing.png`,
    ...held,
    `90,Held as well,${slowUrl}/hold-0.png`,
  ]);
  await until(
    async () => {
      const { completed, failed } = await countsOf(api, id);
      return completed === 2 && failed === 1 && origin.counts.failed > 0 && origin.counts.held >= 2;
    },
    WAIT_MS,
    'a batch with something of each kind',
  );
}

type Told = { id: string; name: string; ended_at: string | null } & Omit<ToldBatch, 'images'>;
type ToldImage = Omit<ToldBatch['images'][number], 'renditions'> & { renditions: { name: string }[] };

async function untilEnded(api: Api, id: string): Promise<void> {
  await until(async () => (await batchOf(api, id)).ended_at !== null, WAIT_MS, `the end of ${id}`);
}

function batchOf(api: Api, id: string): Promise<Told> {
  return json(fetch(`${api.url}/v1/batches/${id}`));
}

async function countsOf(api: Api, id: string): Promise<Record<string, number>> {
  return (await batchOf(api, id)).counts;
}

async function batches(api: Api): Promise<Told[]> {
  return (await json<{ items: Told[] }>(fetch(`${api.url}/v1/batches`))).items;
}

async function tellBatch(api: Api, id: string): Promise<ToldBatch> {
  const { state, counts, errors_by_code } = await batchOf(api, id);
  const { items } = await json<{ items: ToldImage[] }>(fetch(`${api.url}/v1/batches/${id}/images`));
  const images = items.map(({ slot, state, error_code, renditions }) => {
    return { slot, state, error_code, renditions: renditions.map((rendition) => rendition.name) };
  });
  return { state, counts, errors_by_code, images };
}

async function verdictsOf(api: Api, id: string): Promise<Pick<ToldBatch, 'verdicts'>> {
  if (!api.offers('put', '/v1/channels/{name}')) return {};
  const check = await json<{ images: Record<string, number> }>(
    fetch(`${api.url}/v1/batches/${id}/check?channel=own`),
  );
  return { verdicts: check.images };
}

/** The schema of the version's queue, once for all versions that have the same. */
async function keepQueueSchema(checkout: string): Promise<string> {
  const folder = join(checkout, 'node_modules', 'pg-boss');
  const { pgboss } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    pgboss: { schema: number };
  };
  const { getConstructionPlans } = (await import(pathToFileURL(join(folder, 'dist', 'index.js')).href)) as {
    getConstructionPlans(schema: string): string;
  };
  const file = `queue-${pgboss.schema}.sql`;
  await writeFile(join(SAMPLES, file), getConstructionPlans('pgboss'));
  return file;
}

async function readFiles(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = files.map(
    async (file) => [relative(folder, file), await readFile(file, 'base64')] as const,
  );
  return Object.fromEntries(await Promise.all(contents));
}

/** JSON with a line for each row, so that a sample is short and can be read. */
function textOf({ tables, ...rest }: Sample): string {
  const rows = Object.entries(tables).map(
    ([table, { columns, rows }]) =>
      `"${table}": {"columns": ${JSON.stringify(columns)}, "rows": [\n${rows.map((row) => JSON.stringify(row)).join(',\n')}]}`,
  );
  const fields = Object.entries(rest).map(([name, value]) => `"${name}": ${JSON.stringify(value)}`);
  return `{\n${fields.join(',\n')},\n"tables": {\n${rows.join(',\n')}\n}}`;
}

async function json<T>(response: Response | Promise<Response>): Promise<T> {
  return (await (await response).json()) as T;
}

// Last, because the constants of this file do not exist before.
const [checkout = '', name = ''] = process.argv.slice(2);
assert.ok(checkout && name, 'usage: take-upgrade-sample.ts CHECKOUT NAME');
await takeSample(resolve(checkout), name);

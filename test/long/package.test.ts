import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { newFolder } from '../support/folder.ts';
import { photo, PHOTO_NAMES } from '../support/pictures.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '..', '..');

/** The machine's own PATH, without the pinned Node that `npm test` puts first. */
const PATH = (process.env['PATH'] ?? '')
  .split(':')
  .filter((folder) => !folder.includes('node_modules'))
  .join(':');
const env = { PATH, HOME: process.env['HOME'] ?? '' };

type Packed = { filename: string; files: { path: string }[] };

/** Packs this package, or one of its workspaces, into a folder. */
async function pack(destination: string, ...options: string[]): Promise<Packed> {
  const args = ['pack', '--json', '--pack-destination', destination, ...options];
  const { stdout } = await run('npm', args, { cwd: ROOT, env });
  const [packed] = Object.values(JSON.parse(stdout.slice(stdout.search(/^[[{]/m)))) as Packed[];
  assert.ok(packed);
  return packed;
}

async function install(folder: string, packed: Packed): Promise<void> {
  await writeFile(join(folder, 'package.json'), '{"private":true,"type":"module"}');
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', `./${packed.filename}`], {
    cwd: folder,
    env,
  });
}

test('the packed client, installed into an empty folder, brings openapi-fetch alone, and its types hold', async () => {
  await using folder = await newFolder();
  const packed = await pack(folder.path, '--workspace=minilab-client');
  assert.deepEqual(
    packed.files.map(({ path }) => path).filter((path) => !path.startsWith('dist/')),
    ['LICENSE', 'README.md', 'package.json'],
  );
  await install(folder.path, packed);
  const installed = await readdir(join(folder.path, 'node_modules'));
  assert.deepEqual(
    installed.filter((name) => !name.startsWith('.')),
    ['minilab-client', 'openapi-fetch', 'openapi-typescript-helpers'],
  );
  await writeFile(join(folder.path, 'use.ts'), USE);
  const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
  await run(
    tsc,
    ['--noEmit', '--strict', '--module', 'nodenext', '--lib', 'esnext,dom,dom.iterable', 'use.ts'],
    {
      cwd: folder.path,
      env,
    },
  );
  const { stdout } = await run('node', ['-e', RUN], { cwd: folder.path, env });
  assert.match(stdout, /function TypeError/);
});

/** Types that must hold for users of the client; each wrong one is expected to be an error. */
const USE = `
import { type Batch, Minilab, MinilabError, verifyWebhook } from 'minilab-client';
const minilab = new Minilab({ baseUrl: 'http://127.0.0.1:3000', apiKey: 'ml_x' });
const accepted = await minilab.upload(new Blob(['x']), { preset: 'web', on_invalid: 'skip' });
const batch: Batch = await minilab.wait(accepted.id);
const total: number = batch.counts.total;
for await (const image of minilab.images(batch.id, { state: 'failed' })) image.source_url.trim();
const event = await verifyWebhook('whsec_x', new Headers(), '');
if (event.type === 'batch.failed') event.data.batch.counts.failed.toFixed(total);
const { data } = await minilab.api.GET('/v1/presets');
data?.items.map(({ name }) => name);
// @ts-expect-error
await minilab.upload(new Blob(['x']), { on_invalid: 'maybe' });
// @ts-expect-error
await minilab.api.GET('/v1/nothing');
export const code = (error: unknown) => error instanceof MinilabError && error.code === 'csv_invalid';
`;

const RUN = `
import('minilab-client').then(async ({ Minilab, MinilabError }) => {
  const minilab = new Minilab({ baseUrl: 'http://127.0.0.1:9' });
  await minilab.upload(new Blob(['x']), {}, { attempts: 1 }).catch((error) =>
    console.log(typeof MinilabError, error.name));
})`;

test('the packed package, installed into an empty folder, runs `minilab process` and takes no .ts along', async () => {
  await using folder = await newFolder();
  const packed = await pack(folder.path);
  const sources = packed.files.filter(({ path }) => path.endsWith('.ts') && !path.endsWith('.d.ts'));
  assert.deepEqual(sources, []);
  const ofOthers = packed.files.filter(({ path }) => /^(?:packages|contract|docs|test)\//.test(path));
  assert.deepEqual(ofOthers, []);
  await install(folder.path, packed);
  await writeFile(join(folder.path, 'photo.jpg'), photo(PHOTO_NAMES[0] ?? ''));
  await writeFile(join(folder.path, 'c.csv'), 'Image\nphoto.jpg\n');
  const minilab = join(folder.path, 'node_modules', '.bin', 'minilab');
  await run(minilab, ['process', 'c.csv'], { cwd: folder.path, env });
  assert.deepEqual((await readdir(join(folder.path, 'output'))).toSorted(), [
    '1-1-full.jpg',
    '1-1-thumb.jpg',
    'output.csv',
  ]);
});

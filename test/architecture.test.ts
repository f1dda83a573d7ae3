/** What docs/architecture.md says of the folders, held against the source. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';

const SRC = join(import.meta.dirname, '..', 'src');

/** From the bottom up: a file imports from its own room and from rooms in lines above it, and from no other. */
const ROOMS = [
  [
    'deadline',
    'errors',
    'free-memory',
    'ids',
    'name',
    'nearest',
    'schema-words',
    'units',
    'version',
    'xml-words',
  ],
  ['files', 'zip'],
  ['net', 'storage', 'db'],
  ['http', 'queue', 'watchdog'],
  ['access', 'page'],
  ['channels'],
  ['presets', 'webhooks'],
  ['pipeline', 'settings'],
  ['config'],
  ['csv', 'hosts', 'images', 'marks'],
  ['archive', 'batches', 'feeds', 'pictures', 'temporary-folder', 'workbook'],
  ['intake', 'results', 'services'],
  ['work'],
  ['worker'],
  ['app'],
  ['cli'],
  ['main'],
];

/** Which rooms write which tables. Each row of the database has few writers, so that its rules stand in one place. */
const WRITERS: Record<string, string[]> = {
  access: ['access'],
  api_keys: ['access'],
  attempts: ['batches', 'work'],
  audit_log: ['access'],
  batch_changes: ['batches'],
  batch_facts: ['batches', 'work'],
  batch_looks: ['batches', 'work'],
  batches: ['batches', 'cli', 'intake', 'webhooks', 'work'],
  channels: ['channels'],
  chores: ['work'],
  contents: ['work'],
  host_leases: ['batches', 'hosts'],
  hosts: ['hosts'],
  idempotency_keys: ['intake'],
  images: ['batches', 'hosts', 'intake', 'work'],
  inbox_messages: ['webhooks'],
  inbox_sources: ['webhooks'],
  known_pictures: ['marks'],
  presets: ['presets'],
  products: ['batches', 'intake'],
  purges: ['batches'],
  rendition_sets: ['batches', 'work'],
  renditions: ['work'],
  sessions: ['access'],
  settings: ['settings'],
  sources: ['cli', 'work'],
  stalls: ['watchdog', 'work'],
  storage_sweep: ['batches'],
  stored_bytes: ['access'],
  tenants: ['access'],
  uploaded_files: ['batches', 'intake'],
  uploads: ['intake'],
  usage_days: ['access'],
  webhook_attempts: ['webhooks'],
  webhook_deliveries: ['webhooks'],
  webhook_endpoints: ['webhooks'],
  webhook_events: ['webhooks'],
  workers: ['batches', 'queue'],
};

type Module = { path: string; room: string; source: string };

const modules: Module[] = globSync('**/*.ts', { cwd: SRC }).map((path) => ({
  path,
  room: roomOf(path),
  source: readFileSync(join(SRC, path), 'utf8'),
}));

function roomOf(path: string): string {
  return path.split('/')[0]?.replace(/\.ts$/, '') ?? path;
}

/** The paths that a file imports from within src/, for values or types. */
function importsOf({ path, source }: Module): string[] {
  const imports = source.matchAll(/(?:^(?:import|export)[^;']*?(?:from )?|\bimport\()'(?<name>\.[^']+)'/gm);
  return [...imports]
    .map(({ groups }) => join(dirname(path), groups?.['name'] ?? ''))
    .filter((imported) => !imported.startsWith('..'));
}

describe('the rooms of src/', () => {
  test('every file is in a room of the list, and every room of the list exists', () => {
    const listed = new Set(ROOMS.flat());
    const found = new Set(modules.map(({ room }) => room));
    assert.deepEqual([...found].toSorted(), [...listed].toSorted());
  });

  test('imports point down: to the same room, or to one in a line above', () => {
    const level = new Map(ROOMS.flatMap((rooms, index) => rooms.map((room) => [room, index] as const)));
    const upward = modules.flatMap((module) =>
      importsOf(module)
        .filter((path) => roomOf(path) !== module.room)
        .filter((path) => (level.get(roomOf(path)) ?? 0) >= (level.get(module.room) ?? 0))
        .map((path) => `${module.path} imports ${path}`),
    );
    assert.deepEqual(upward, []);
    assert.ok(modules.flatMap(importsOf).length > 500, 'the imports were found');
  });

  test('the decoder is sealed: no file outside pipeline/decoder/ imports from it, not even a type', () => {
    const inside = (path: string): boolean => path.startsWith('pipeline/decoder/');
    const outside = modules
      .filter(({ path }) => !inside(path))
      .flatMap((module) =>
        importsOf(module)
          .filter(inside)
          .map((path) => `${module.path} imports ${path}`),
      );
    assert.deepEqual(outside, []);
    const users = modules.filter(({ source }) => /from 'sharp'/.test(source)).map(({ path }) => path);
    assert.ok(users.length > 0 && users.every(inside), `sharp is imported by ${users.join(', ')}`);
  });

  test('the client of buckets is loaded only where there is a bucket: nothing outside storage/bucket/ names it, except in import()', () => {
    const outside = modules.filter(({ path }) => !path.startsWith('storage/bucket/'));
    const named = outside.filter(({ source }) => /from '[^']*(?:\/bucket\/|@aws-sdk)/.test(source));
    assert.deepEqual(
      named.map(({ path }) => path),
      [],
    );
    assert.ok(outside.some(({ source }) => /import\('[^']*\/bucket\//.test(source)));
  });

  test('what a preset or a channel may say needs no database: the decoder and the command line use it too', () => {
    const pure = modules.filter(
      ({ path }) =>
        /^presets\/(spec|builtin|marketplaces|check)\.ts$/.test(path) ||
        (path.startsWith('channels/') && !/(\.(queries|routes|body)|check-query)\.ts$/.test(path)),
    );
    assert.ok(pure.length > 20);
    const rooms = pure.flatMap(importsOf).map(roomOf);
    assert.deepEqual(
      rooms.filter((room) => room === 'db' || room === 'http'),
      [],
    );
  });

  test('each table is written by the rooms that are said to write it', () => {
    const written =
      /\b(?:insert into|delete from|truncate|merge into|update)\s+(?!of\b|set\b|skip\b)([a-z_]+)\b/g;
    const writers: Record<string, Set<string>> = {};
    const note = (table: string, room: string): Set<string> => (writers[table] ??= new Set()).add(room);
    for (const { room, source } of modules) {
      if (room === 'db') continue; // migrations
      for (const [, table = ''] of withoutComments(source).matchAll(written)) note(table, room);
    }
    for (const table of ['images', 'products']) note(table, 'intake'); // by COPY: intake/accept.ts
    const sorted = Object.fromEntries(
      Object.entries(writers).map(([table, rooms]) => [table, [...rooms].toSorted()]),
    );
    assert.deepEqual(sorted, WRITERS);
  });
});

function withoutComments(source: string): string {
  return source.replaceAll(/\/\*[^]*?\*\//g, '').replaceAll(/^\s*(?:\/\/|--).*$/gm, '');
}

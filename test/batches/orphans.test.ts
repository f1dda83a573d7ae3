import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { findBatch } from '../../src/batches/batch.queries.ts';
import { cancelBatch } from '../../src/batches/cancel.ts';
import { forgetDeadWorkers, searchStorage, sweepStorage } from '../../src/batches/orphans.ts';
import { deleteBatch } from '../../src/batches/delete.ts';
import { purgeFiles } from '../../src/batches/purge.ts';
import { recordResults } from '../../src/work/record.ts';
import { sweep } from '../../src/batches/sweep.ts';
import type { Services } from '../../src/services.ts';
import { configureEndpoint } from '../../src/webhooks/endpoints.ts';
import { acceptUrls, claim, madeOf, newServices, record } from '../support/batches.ts';
import { folderOf } from '../support/storage.ts';

const never = new AbortController().signal;
const HOUR_MS = 3_600_000;
const TWO_DAYS_MS = 48 * HOUR_MS;

async function filesOf({ config }: Services): Promise<string[]> {
  const entries = await readdir(folderOf(config), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map(({ parentPath, name }) => join(parentPath, name));
}

/** Files of which no row tells, by their names. */
async function filesWithoutRow(services: Services): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select distinct i.hash16 || '.' || f.name || '.jpg' as name from images i, (values ('full'), ('thumb')) f (name)
    where i.hash16 is not null`.execute(services.database.db);
  const known = new Set(rows.map(({ name }) => name));
  return (await filesOf(services)).filter((path) => !known.has(path.slice(dirname(path).length + 1)));
}

/** As if everything had been stored so long ago. */
async function age(services: Services, ms: number): Promise<void> {
  const at = new Date(Date.now() - ms);
  for (const path of await filesOf(services)) await utimes(path, at, at);
}

/** Counts and clears at once, whatever is young. */
async function sweepNow({ database: { db }, storage }: Services) {
  const swept = await sweepStorage(db, storage, { olderThanMs: 0, clears: true, signal: never });
  await purgeFiles(db, storage, never);
  return swept;
}

/** What workers do, as long as there is something to do. */
async function searchAll({ database: { db }, storage }: Services): Promise<void> {
  const isUnderWay = async () =>
    (await sql`select from storage_sweep where place is not null or due_at <= now()`.execute(db)).rows
      .length > 0;
  while (await isUnderWay()) await searchStorage(db, storage, never);
  await purgeFiles(db, storage, never);
}

const urls = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `https://${from + i}.example/1.jpg`);

async function done(services: Services, all: string[]) {
  const batch = await acceptUrls(services, all);
  for (const { task, image } of await claim(services, 64))
    await record(services, [{ task, result: await madeOf(services, image) }]);
  return batch;
}

test('what was in work when its batch was cancelled is found and taken away; what another batch refers to stays', async () => {
  await using services = await newServices();
  const { db } = services.database;
  await done(services, urls(0, 5));
  const batch = await acceptUrls(services, urls(3, 20));
  const claimed = await claim(services, 64);
  const finished = [];
  for (const { task, image } of claimed) finished.push({ task, result: await madeOf(services, image) });
  await cancelBatch(db, batch, services.feed);
  await record(services, finished);
  assert.equal((await filesWithoutRow(services)).length, 30);
  assert.deepEqual(await sweepNow(services), { sets: 20, orphans: 15, files: 30, unfinished: 0 });
  assert.deepEqual(await filesWithoutRow(services), []);
  assert.equal((await filesOf(services)).length, 10);
});

test('workers look through the storage by themselves once a day, and take what is older than 48 hours', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const passes = (hours: number) =>
    sql`update storage_sweep set due_at = due_at - ${hours} * interval '1 hour'`.execute(db);
  await searchAll(services);
  const batch = await acceptUrls(services, urls(0, 3));
  for (const { image } of await claim(services, 3)) await madeOf(services, image);
  await cancelBatch(db, batch, services.feed);
  await age(services, TWO_DAYS_MS);
  await passes(23);
  await searchAll(services);
  assert.equal((await filesOf(services)).length, 6, 'no search is due');

  await age(services, TWO_DAYS_MS - HOUR_MS);
  await passes(1);
  await searchAll(services);
  assert.equal((await filesOf(services)).length, 6, 'they are too young');

  await age(services, TWO_DAYS_MS);
  await passes(24);
  await searchAll(services);
  assert.deepEqual(await filesOf(services), []);
});

test('an image whose files are taken away while it is on its way to its row is done again, and loses no try', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const batch = await acceptUrls(services, urls(0, 1));
  const [claimed] = await claim(services, 1);
  assert.ok(claimed);
  const result = await madeOf(services, claimed.image);
  await sweepNow(services);
  await record(services, [{ task: claimed.task, result }]);
  assert.equal((await findBatch(db, batch))?.completed, 0);
  await sql`update images set due_at = now()`.execute(db);
  await sweep(db, services.feed);
  const [again] = await claim(services, 1);
  assert.equal(again?.image.tries, 0);
  assert.ok(again);
  await record(services, [{ task: again.task, result: await madeOf(services, again.image) }]);
  assert.equal((await findBatch(db, batch))?.state, 'completed');
  assert.equal((await filesOf(services)).length, 2);
});

test('a search waits for who is recording an image of what it found, and leaves its files', async () => {
  await using services = await newServices();
  const { db } = services.database;
  await acceptUrls(services, urls(0, 1));
  const [claimed] = await claim(services, 1);
  assert.ok(claimed);
  const result = await madeOf(services, claimed.image);
  await sweepStorage(db, services.storage, { olderThanMs: 0, clears: true, signal: never });

  // Held open by the delivery of its event, which comes last.
  await configureEndpoint(db, 1, { url: 'https://shop.example/hook', secret: 'whsec_x' });
  const [reached, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const insert = async (): Promise<void> => {
    reached.resolve();
    await gate.promise;
  };
  const queue = { ...services.queue, insert };
  const recording = recordResults(db, [{ task: claimed.task, result }], { ...services.feed, queue });
  await reached.promise;
  let isPurged = false;
  const purging = purgeFiles(db, services.storage, never).then(() => (isPurged = true));
  const isWaiting = async () =>
    (
      await sql`
        select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
        db,
      )
    ).rows.length > 0;
  while (!isPurged && !(await isWaiting()));
  gate.resolve();
  await Promise.all([recording, purging]);
  assert.equal((await filesOf(services)).length, 2);
  const { rows } = await sql`select state from purges`.execute(db);
  assert.deepEqual(rows, []);
});

test('what is not ours by name, or belongs to another database, is never touched', async () => {
  await using services = await newServices();
  await done(services, urls(0, 1));
  const [file = ''] = await filesOf(services);
  const folder = dirname(file);
  const tenant = dirname(folder);
  const name = file.slice(folder.length + 1);
  const other = join(folderOf(services.config), 'f'.repeat(32), '00');
  await mkdir(other, { recursive: true });
  await mkdir(join(folder, `${'0'.repeat(16)}.full.jpg`));
  const foreign = [
    join(folderOf(services.config), 'README.txt'),
    join(tenant, 'notes.txt'),
    join(folder, 'photo.jpg'),
    join(folder, `${name.slice(0, 16)}.jpg`),
    join(folder, `${name}.bak`),
    join(folder, `${name}.part`),
    join(folder, `zz${name.slice(2)}`),
    join(folder, `${name.slice(0, 15)}Z.full.jpg`),
    join(other, `00${'0'.repeat(14)}.full.jpg`),
    join(other, `00${'0'.repeat(14)}.full.jpg.${randomUUID()}.part`),
  ];
  for (const path of foreign) await writeFile(path, 'mine');
  await symlink(file, join(folder, `${name.slice(0, 2)}${'1'.repeat(14)}.full.jpg`));
  await age(services, 2 * TWO_DAYS_MS);
  assert.deepEqual(await sweepNow(services), { sets: 1, orphans: 0, files: 0, unfinished: 0 });
  assert.equal((await filesOf(services)).length, 2 + foreign.length + 1);
});

test('a copy that was never finished is taken away when it is old', async () => {
  await using services = await newServices();
  const { db } = services.database;
  await done(services, urls(0, 1));
  const [file = ''] = await filesOf(services);
  await writeFile(`${file}.${randomUUID()}.part`, 'half of');
  const count = () => sweepStorage(db, services.storage, { clears: true, signal: never });
  assert.equal((await count()).unfinished, 0);
  await age(services, TWO_DAYS_MS);
  assert.equal((await count()).unfinished, 1);
  assert.equal((await filesOf(services)).length, 2);
});

test('many folders are looked through by many workers at once, each but once a round, and by others where one dies', async () => {
  await using services = await newServices();
  const { db } = services.database;
  await done(services, urls(0, 60));
  const places: string[] = [];
  const storage = {
    ...services.storage,
    list: (prefix: string, signal: AbortSignal, place = '') => {
      places.push(place);
      if (places.length === 5) throw new Error('the worker was killed');
      return services.storage.list(prefix, signal, place);
    },
  };
  const isFree = async () =>
    (
      await sql`select from storage_sweep where leased_until < now() and (place is not null or due_at <= now())`.execute(
        db,
      )
    ).rows.length > 0;
  const worker = async () => {
    do await searchStorage(db, storage, never).catch(() => {});
    while (await isFree());
  };
  await Promise.all([worker(), worker(), worker()]);
  assert.equal(places.length, 5, 'the place of one that died is nobody else’s for a minute');
  await sql`update storage_sweep set leased_until = now() - interval '1 second'`.execute(db);
  await Promise.all([worker(), worker(), worker()]);
  const folders = new Set((await filesOf(services)).map(dirname));
  assert.equal(new Set(places).size, folders.size + 1, 'after each folder, and before the first');
  assert.equal(places.length, folders.size + 2);
});

test('rows and places of dead workers go', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const [dead, live] = [randomUUID(), randomUUID()];
  await sql`
    insert into workers (worker_id, machine, pid, version, slots, seen_at) values
      (${dead}, 'a', 1, '0', 1, now() - interval '61 minutes'), (${live}, 'a', 2, '0', 1, now() - interval '1 minute')`.execute(
    db,
  );
  await sql`
    insert into host_leases (tenant_id, host, worker_id, places, wanted, open, leased_until)
    values (1, 'a.example', ${dead}, 1, 1, 1, now() - interval '1 hour')`.execute(db);
  await forgetDeadWorkers(db);
  const { rows } = await sql<{ worker_id: string; leases: number }>`
    select worker_id, (select count(*) from host_leases) as leases from workers`.execute(db);
  assert.deepEqual(rows, [{ worker_id: live, leases: 0 }]);
});

test('a thumbnail stays as long as an image refers to its set, and is found when it was stored after that', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const batch = await done(services, urls(0, 2));
  const thumbs: string[] = [];
  for (const path of await filesOf(services)) {
    const thumb = path.replace(/\.(full|thumb)\.jpg$/, '.240.webp');
    if (!thumbs.includes(thumb)) thumbs.push(thumb);
  }
  const [first = '', second = ''] = thumbs;
  await writeFile(first, '');
  assert.deepEqual(await sweepNow(services), { sets: 2, orphans: 0, files: 0, unfinished: 0 });
  assert.equal((await filesOf(services)).length, 5);
  await deleteBatch(db, batch);
  assert.deepEqual(await purgeFiles(db, services.storage, never), { sets: 2, files: 4 });
  assert.deepEqual(await filesOf(services), []);
  await writeFile(second, ''); // it was being made
  await sql`delete from purges`.execute(db); // which an hour does
  assert.deepEqual(await sweepNow(services), { sets: 1, orphans: 1, files: 1, unfinished: 0 });
  assert.deepEqual(await filesOf(services), []);
});

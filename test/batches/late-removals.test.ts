/** Requests to remove files that arrive after the files were removed, made again and recorded by others. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { deleteBatch } from '../../src/batches/delete.ts';
import { removeDamaged } from '../../src/batches/remove-damaged.ts';
import { forgetSets, purgeFiles } from '../../src/batches/purge.ts';
import type { Services } from '../../src/services.ts';
import { acceptUrls, claim, madeOf, newServices, record } from '../support/batches.ts';
import { migratedDatabase } from '../support/database.ts';
import { newFolder } from '../support/folder.ts';
import { NO_PROC } from '../support/processes.ts';
import {
  bringDue,
  completedOf,
  endLeases,
  finish,
  makeAndRecord,
  missingFiles,
  passMinute,
  purgeStates,
} from '../support/purging.ts';
import { type Fault, type S3, setCredentials, startS3 } from '../support/s3.ts';
import { until } from '../support/until.ts';

const URLS = ['https://a.example/1', 'https://b.example/1'];
const PROGRAM = join(import.meta.dirname, '..', 'programs', 'stopped-purge.ts');
const never = new AbortController().signal;

/** The first request to remove objects arrives when it is let go. */
function holdFirstRemoval(s3: S3, { isCutOff }: { isCutOff: boolean }) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const removals = () => s3.requests.filter(({ operation }) => operation === 'DELETE_MANY').length;
  s3.fault = ({ operation }): Fault | undefined =>
    operation === 'DELETE_MANY' && removals() === 1 ? { is: 'late', until: promise, isCutOff } : undefined;
  return { letGo: resolve, removals };
}

async function countFiles({ storage }: Services): Promise<number> {
  return (await Array.fromAsync(storage.list('', never))).flat().length;
}

/** The files were removed and are made again, but nothing may rely on them before the late request has arrived. */
async function outlasts(services: Services, arrive: () => Promise<void>): Promise<void> {
  assert.deepEqual(await purgeStates(services), [{ state: 'removed', doubtful: true }]);
  const batch = await acceptUrls(services, URLS);
  await makeAndRecord(services, await claim(services, 64));
  assert.equal(await completedOf(services, batch), 0);
  const made = await countFiles(services);
  await arrive();
  assert.ok((await countFiles(services)) < made, 'the late request has removed files that were made again');
  assert.deepEqual(await purgeStates(services), [{ state: 'removed', doubtful: true }]);
  await passMinute(services);
  await bringDue(services);
  await makeAndRecord(services, await claim(services, 64));
  assert.equal(await completedOf(services, batch), URLS.length);
  assert.deepEqual(await missingFiles(services), []);
}

test('a DELETE that arrives after it was repeated leaves no image without its files', async () => {
  await using s3 = await startS3();
  setCredentials();
  await using services = await newServices(s3.settings);
  await deleteBatch(services.database.db, await finish(services, URLS));
  const { letGo, removals } = holdFirstRemoval(s3, { isCutOff: true });
  await purgeFiles(services.database.db, services.storage, never);
  assert.deepEqual([removals(), s3.objects.fileKeys], [2, []]);
  await outlasts(services, async () => {
    assert.equal(s3.objects.fileKeys.length, 2 * URLS.length);
    letGo();
    await until(() => s3.objects.fileKeys.length === 0);
  });
});

/** Starts a process that purges, in a process that is stopped in the middle of it. */
function startPurge(databaseUrl: string, settings: Record<string, string>): ChildProcess {
  const { PATH = '', HOME = '' } = process.env;
  return spawn(process.execPath, [PROGRAM], {
    env: { PATH, HOME, DATABASE_URL: databaseUrl, ...settings },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
}

async function isStopped({ pid }: ChildProcess): Promise<boolean> {
  return / T /.test(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ''));
}

async function goOnToEnd(child: ChildProcess): Promise<void> {
  const ended = once(child, 'close');
  child.kill('SIGCONT');
  assert.deepEqual((await ended)[0], 0);
}

test('a process that is stopped while its DELETE is under way leaves no image without its files', async (t) => {
  await using s3 = await startS3();
  setCredentials();
  const databaseUrl = await migratedDatabase();
  await using services = await newServices(s3.settings, databaseUrl);
  await deleteBatch(services.database.db, await finish(services, URLS));
  const { letGo, removals } = holdFirstRemoval(s3, { isCutOff: false });
  const child = startPurge(databaseUrl, s3.settings);
  t.after(() => child.kill('SIGKILL'));
  await until(() => removals() === 1);
  child.kill('SIGSTOP');
  await endLeases(services);
  await purgeFiles(services.database.db, services.storage, never);
  await outlasts(services, async () => {
    letGo();
    await until(() => s3.objects.fileKeys.length === 0);
  });
});

test(
  'a process that is stopped between two files of a folder leaves no image without its files',
  { skip: NO_PROC },
  async (t) => {
    await using folder = await newFolder();
    const databaseUrl = await migratedDatabase();
    const settings = { STORAGE_URL: pathToFileURL(join(folder.path, 'files')).href };
    await using services = await newServices(settings, databaseUrl);
    await deleteBatch(services.database.db, await finish(services, URLS));
    const child = startPurge(databaseUrl, { ...settings, DATA_DIR: folder.path });
    t.after(() => child.kill('SIGKILL'));
    await until(() => isStopped(child));
    await endLeases(services);
    await purgeFiles(services.database.db, services.storage, never);
    await outlasts(services, () => goOnToEnd(child));
  },
);

test('damaged files that may be removed late are made again a minute later, others at once, and good ones stay', async () => {
  await using s3 = await startS3();
  setCredentials();
  await using services = await newServices(s3.settings);
  const { database, storage } = services;
  const [url = ''] = URLS;
  await finish(services, [url]);
  const files = s3.objects.fileKeys.map((key) => {
    return { key: key.slice('some/place/'.length), bytes: s3.objects.get(key)?.body.length ?? 0 };
  });
  const [damaged = ''] = s3.objects.fileKeys;
  const set = { tenant_id: 1, hash16: damaged.split('/').at(-2) ?? '' };
  const remove = () => removeDamaged(database.db, storage, { set, files }, never);
  await remove();
  assert.deepEqual([s3.objects.fileKeys.length, await purgeStates(services)], [2, []]);
  s3.objects.set(damaged, Buffer.from('cut'));
  await remove();
  assert.deepEqual([s3.objects.fileKeys.length, await purgeStates(services)], [1, []]);

  await finish(services, [url]);
  s3.objects.set(damaged, Buffer.from('cut'));
  s3.requests.length = 0;
  const batch = await acceptUrls(services, [url]);
  const claimed = await claim(services, 1);
  const { letGo } = holdFirstRemoval(s3, { isCutOff: true });
  await remove();
  await makeAndRecord(services, claimed);
  assert.deepEqual([s3.objects.fileKeys.length, await completedOf(services, batch)], [2, 0]);
  letGo();
  await until(() => s3.objects.fileKeys.length === 1);
  await passMinute(services);
  await bringDue(services);
  await makeAndRecord(services, await claim(services, 1));
  assert.equal(await completedOf(services, batch), 1);
  assert.deepEqual(await missingFiles(services), []);
});

test('a purge that is asked for again remembers when it removed files that were damaged', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const [url = ''] = URLS;
  const first = await finish(services, [url]);
  const second = await finish(services, [url]);
  const batch = await acceptUrls(services, [url]);
  const [claimed] = await claim(services, 1);
  assert.ok(claimed);
  const result = await madeOf(services, claimed.image); // with files that are removed now
  assert.ok(result.is === 'completed' && result.made.is === 'made');
  await forgetSets(db, [{ tenant_id: 1, hash16: result.made.setId }]);
  await purgeFiles(db, services.storage, never);
  await deleteBatch(db, first);
  await purgeFiles(db, services.storage, never); // the second batch refers to the set
  await record(services, [{ task: claimed.task, result }]);
  assert.equal(await completedOf(services, batch), 0);
  await deleteBatch(db, second);
  await purgeFiles(db, services.storage, never);
  await bringDue(services);
  await makeAndRecord(services, await claim(services, 1));
  assert.equal(await completedOf(services, batch), 1);
  assert.deepEqual(await missingFiles(services), []);
});

/** What an archive has open of the files that it reads ahead. */
import assert from 'node:assert/strict';
import { mkdir, truncate, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { test } from 'node:test';
import { sql } from 'kysely';
import { imagesZip } from '../../src/results/archive.ts';
import { findResults } from '../../src/results/results.queries.ts';
import { type Storage, StorageTrouble } from '../../src/storage/storage.ts';
import { acceptUrls, newServices } from '../support/batches.ts';
import { pathIn } from '../support/storage.ts';

/** An archive of 12 images whose files have 20 MiB each: three fit in its memory. */
async function openArchive(services: Awaited<ReturnType<typeof newServices>>, failsAt?: number) {
  const { db } = services.database;
  const batch = await acceptUrls(
    services,
    Array.from({ length: 12 }, (_, i) => `https://a.example/${i}.jpg`),
  );
  await sql`update images set state = 'completed', hash16 = lpad(slot::text, 16, '0'), task_id = null, due_at = null,
    ended_at = now() where batch_id = ${batch.batchId}`.execute(db);
  const results = await findResults(db, batch);
  assert.ok(results);
  const read: Readable[] = [];
  let opens = 0;
  const storage: Storage = {
    ...services.storage,
    async open(key, signal) {
      opens += 1;
      if (opens === failsAt) throw new StorageTrouble('the folder is away');
      await mkdir(dirname(pathIn(services.config, key)), { recursive: true });
      await writeFile(pathIn(services.config, key), '');
      await truncate(pathIn(services.config, key), 20 * 2 ** 20);
      const opened = await services.storage.open(key, signal);
      if (opened) read.push(opened.content);
      return opened;
    },
  };
  const parts = { storage, folder: services.config.dataDir, onMissing: () => {} };
  return { archive: imagesZip(db, results, parts), read };
}

async function areClosed(read: Readable[]): Promise<void> {
  assert.ok(read.length > 3, 'more were opened than fit in memory');
  for (const content of read) if (!content.closed) await finished(content, { cleanup: true }).catch(() => {});
}

test('a client that goes away leaves no file open, those included that wait for memory', async () => {
  await using services = await newServices();
  const { archive, read } = await openArchive(services);
  await archive.next();
  await archive.return(undefined);
  await areClosed(read);
});

test('a file that cannot be read ends the archive, and leaves none open', async () => {
  await using services = await newServices();
  const { archive, read } = await openArchive(services, 6);
  const all = async (): Promise<void> => {
    for await (const _ of archive);
  };
  await assert.rejects(all, { message: 'the folder is away' });
  await areClosed(read);
});

import assert from 'node:assert/strict';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { sql } from 'kysely';
import { newUuid } from '../src/ids.ts';
import { removeLeftovers } from '../src/temporary-folder.ts';
import { reportWorker } from '../src/queue/workers.ts';
import { newServices } from './support/batches.ts';

const MINUTE_MS = 60_000;

test('what killed workers and uploads left goes; what is in use stays, however long ago it began', async () => {
  await using services = await newServices();
  const { db } = services.database;
  const folder = join(services.config.dataDir, 'tmp');
  const [live, dead, slow] = [newUuid(), newUuid(), newUuid()];
  await reportWorker(
    db,
    { id: live, machine: 'a', version: '0', capacity: 1 },
    { inHand: 0, pausedBecause: [] },
  );

  async function leave(name: string, minutesAgo: number, fileMinutesAgo = minutesAgo): Promise<void> {
    const at = (minutes: number): Date => new Date(Date.now() - minutes * MINUTE_MS);
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'file'), '');
    await utimes(join(folder, name, 'file'), at(fileMinutesAgo), at(fileMinutesAgo));
    await utimes(join(folder, name), at(minutesAgo), at(minutesAgo));
  }
  await leave(`worker-${live}`, 600);
  await leave(`worker-${dead}`, 11);
  await leave(`worker-${slow}`, 600, 1);
  await leave('upload-killed', 61);
  await leave('upload-slow', 600, 1);
  await writeFile(join(folder, 'scratch-1'), '');
  await utimes(join(folder, 'scratch-1'), 0, 0);

  const [kept, expired, arriving] = [newUuid(), newUuid(), newUuid()];
  for (const [id, hours] of [
    [kept, 1],
    [expired, -1],
  ] as const)
    await sql`
      insert into uploads (tenant_id, upload_id, bytes, sha256, expires_at)
      values (1, ${id}, 1, '', now() + ${hours} * interval '1 hour')`.execute(db);
  await leave(`kept-${kept}`, 600);
  await leave(`kept-${expired}`, 61);
  await leave(`kept-${arriving}`, 600, 1);

  await removeLeftovers(folder, db);
  assert.deepEqual(
    (await readdir(folder)).toSorted(),
    [`kept-${kept}`, `kept-${arriving}`, 'upload-slow', `worker-${live}`, `worker-${slow}`].toSorted(),
  );
});

import { createReadStream } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sql } from 'kysely';
import { openDatabase } from '../src/db/database.ts';
import { migrate } from '../src/db/migrate.ts';
import { copyTargets, insertBatch } from '../src/intake/accept.ts';
import { stageUpload } from '../src/intake/staged-upload.ts';
import { BUILTIN_PRESETS } from '../src/presets/builtin.ts';
import { postgresSecondsNow } from './cpu.ts';

/**
 * Copies the rows of an upload into the same tables, with the same indexes and checks, in one transaction with fsync.
 * The server itself reads them from prepared files.
 * @returns seconds
 */
export async function copyAlone(
  file: string,
  folder: string,
  url: string,
): Promise<{ wall: number; cpu: number }> {
  const { db, pool } = openDatabase(url, 1);
  try {
    await migrate(db);
    const rules = { tenantId: 1, folder, maxBytes: 1e10, allowPaths: false, presets: BUILTIN_PRESETS };
    await using staged = await stageUpload(createReadStream(file), rules);
    const [preset] = BUILTIN_PRESETS;
    if (!preset) throw new Error('there is no preset');
    await chmod(folder, 0o755); // the server may be another user
    await chmod(dirname(staged.files.products), 0o755);
    await pool.query('checkpoint');
    const [before, startedAt] = [await postgresSecondsNow(db), performance.now()];
    await db.transaction().execute(async (trx) => {
      await insertBatch(trx, staged, { tenantId: 1, name: 'copy', preset });
      for (const { target, path } of copyTargets(staged.files))
        await sql`copy ${sql.raw(target)} from ${sql.lit(path)}`.execute(trx);
    });
    const wall = (performance.now() - startedAt) / 1000;
    return { wall, cpu: (await postgresSecondsNow(db)) - before };
  } finally {
    await db.destroy();
  }
}

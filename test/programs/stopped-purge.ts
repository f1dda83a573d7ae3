/**
 * Purges files of DATABASE_URL from the storage of the settings. In a folder, the process stops itself (SIGSTOP) before
 * it removes the second file, where it has looked at the clock already.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { rm } = fs.promises;
let removals = 0;
fs.promises.rm = (...args) => {
  removals += 1;
  if (removals === 2) process.kill(process.pid, 'SIGSTOP');
  return rm(...args);
};
syncBuiltinESMExports();

const { purgeFiles } = await import('../../src/batches/purge.ts');
const { readConfig } = await import('../../src/config.ts');
const { openDatabase } = await import('../../src/db/database.ts');
const { openStorage } = await import('../../src/storage/open-storage.ts');

const config = readConfig();
const { db } = openDatabase(config.databaseUrl ?? '');
const storage = await openStorage(config.storage);
await purgeFiles(db, storage, new AbortController().signal);
await storage.close();
await db.destroy();

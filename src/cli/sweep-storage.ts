import { sweepStorage } from '../batches/orphans.ts';
import { purgeFiles } from '../batches/purge.ts';
import { readConfig } from '../config.ts';
import { connectDatabase, databaseProblem } from '../db/connect.ts';
import { migrate } from '../db/migrate.ts';
import { Problem } from '../errors.ts';
import { openConfiguredDatabase } from '../services.ts';
import { readShared, withGapsFilled } from '../settings/join.ts';
import { openStorage } from '../storage/open-storage.ts';
import { parseDuration } from '../units.ts';
import { EXIT, plural, say } from './output.ts';

/** `minilab sweep-storage`: removes files that no image refers to, as workers do every few hours. */
export async function sweepNow({ olderThan }: { olderThan: string }): Promise<number> {
  const olderThanMs = parseDuration(olderThan);
  if (olderThanMs === undefined)
    throw new Problem('bad_request', {
      detail: `--older-than is "${olderThan}", and must be a duration such as 30m.`,
    });
  const config = readConfig();
  await using stack = new AsyncDisposableStack();
  const database = await openConfiguredDatabase(config, 'sweep-storage');
  stack.defer(database.close);
  const { db } = await connectDatabase(database.url);
  stack.defer(() => db.destroy());
  await migrate(db).catch((error: unknown) => {
    throw databaseProblem(error, database.url) ?? error;
  });
  const { storage: address } = withGapsFilled(config, await readShared(db, config));
  const storage = await openStorage(address);
  stack.defer(() => storage.close());
  const { signal } = new AbortController();
  const swept = await sweepStorage(db, storage, { olderThanMs, clears: true, signal });
  await purgeFiles(db, storage, signal);
  say(
    `${plural(swept.sets, 'set')} of files checked. Removed: ${plural(swept.orphans, 'orphaned set')} (${plural(swept.files, 'file')}), ${plural(swept.unfinished, 'unfinished file')}.`,
  );
  return EXIT.ok;
}

import { sweepStorage } from '../batches/orphans.ts';
import { purgeFiles } from '../batches/purge.ts';
import { interruptible } from './interrupt.ts';
import { EXIT, plural, say } from './output.ts';
import { readAge, withStorage } from './storage.ts';

/** `minilab sweep-storage`: removes files that no image refers to, as workers do once a day. */
export async function sweepNow({ olderThan }: { olderThan: string }): Promise<number> {
  const olderThanMs = readAge(olderThan);
  return await interruptible((signal) =>
    withStorage('sweep-storage', signal, async (db, storage) => {
      const swept = await sweepStorage(db, storage, { olderThanMs, clears: true, signal });
      await purgeFiles(db, storage, signal);
      say(
        `${plural(swept.sets, 'set')} of files checked. Removed: ${plural(swept.orphans, 'orphaned set')} (${plural(swept.files, 'file')}), ${plural(swept.unfinished, 'unfinished file')}.`,
      );
      return signal.aborted ? EXIT.interrupted : EXIT.ok;
    }),
  );
}

import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

const BUSY = 5; // SQLITE_BUSY
const LOOK_AGAIN_MS = 20;

/** Whether lockFile failed because another process held the lock until the deadline. */
export function isLocked(error: unknown): boolean {
  return (error as { errcode?: number }).errcode === BUSY;
}

/**
 * An exclusive lock between processes, released by the system when its holder is killed. Node has no call for
 * it, but SQLite locks its file this way; nothing is ever written to it.
 */
export async function lockFile(path: string, deadlineMs: number): Promise<Disposable> {
  const file = new DatabaseSync(path);
  for (const started = Date.now(); ; await sleep(LOOK_AGAIN_MS)) {
    try {
      file.exec('pragma journal_mode = memory; begin exclusive'); // a journal file cannot be created on a full disk
      return file;
    } catch (error) {
      if (isLocked(error) && Date.now() - started < deadlineMs) continue;
      file.close();
      throw error;
    }
  }
}

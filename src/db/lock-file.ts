import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';

const BUSY = 5; // SQLITE_BUSY
const LOOK_AGAIN_MS = 20;

/** Whether another process still had the lock at the deadline. */
export function isLocked(error: unknown): boolean {
  return (error as { errcode?: number }).errcode === BUSY;
}

/**
 * A lock that one process at a time can have, and that the system takes back from one that is killed.
 * Node has no call for it, but SQLite locks its file so; nothing is ever written to it.
 */
export async function lockFile(path: string, deadlineMs: number): Promise<Disposable> {
  const file = new DatabaseSync(path);
  for (const started = Date.now(); ; await sleep(LOOK_AGAIN_MS)) {
    try {
      file.exec('pragma journal_mode = memory; begin exclusive'); // on a full disk a journal cannot be had
      return file;
    } catch (error) {
      if (isLocked(error) && Date.now() - started < deadlineMs) continue;
      file.close();
      throw error;
    }
  }
}

/** What commands on the storage have in common. */
import { readConfig } from '../config.ts';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { readShared, withGapsFilled } from '../settings/join.ts';
import { listShared, valuesOf } from '../settings/shared.queries.ts';
import { storageForLongRun } from '../storage/long-run.ts';
import { openStorage } from '../storage/open-storage.ts';
import { type Storage, StorageTrouble } from '../storage/storage.ts';
import { parseDuration } from '../units.ts';
import { withDatabase } from './database.ts';
import { say } from './output.ts';

/** Runs a command on the configured database and storage. @throws Problem `storage_unavailable` */
export async function withStorage<T>(
  command: string,
  signal: AbortSignal,
  work: (db: Db, storage: Storage) => Promise<T>,
): Promise<T> {
  return await withDatabase(command, async (db) => {
    const config = readConfig();
    const shared =
      config.databaseUrl === undefined ? valuesOf(await listShared(db)) : await readShared(db, config);
    const { storage: address } = withGapsFilled(config, shared);
    const storage = patientFor(await openStorage(address), signal);
    try {
      return await sayingWhy(work(db, storage));
    } finally {
      await storage.close();
    }
  });
}

/** A storage that is waited for when it is away, which is told. @param signal ends the waiting */
export function patientFor(storage: Storage, signal: AbortSignal): Storage {
  const onTrouble = ({ message }: Error): void => say(`${message}; trying again`);
  return storageForLongRun(storage, { onTrouble, ending: signal });
}

/** @throws Problem `storage_unavailable` instead of StorageTrouble */
export async function sayingWhy<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    if (!(error instanceof StorageTrouble)) throw error;
    throw new Problem('storage_unavailable', { detail: `${error.message}.`, cause: error });
  });
}

/** @returns milliseconds @throws Problem `bad_request` */
export function readAge(text: string): number {
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw new Problem('bad_request', {
    detail: `--older-than is "${text}", and must be a duration such as 48h.`,
  });
}

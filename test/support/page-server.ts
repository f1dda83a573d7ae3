import { after, before } from 'node:test';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../../src/db/database.ts';
import { uuidOf } from '../../src/ids.ts';
import { migratedDatabase } from './database.ts';
import { type Folder, newFolder } from './folder.ts';
import { type Batch, json, type Running, startMinilab, untilEnded, upload } from './minilab.ts';

export type Thumb = { url: string; width: number; height: number };

export type SheetImage = {
  id: string;
  slot: number;
  row: number;
  position: number;
  state: string;
  error_code: string | null;
  product: { name: string; sku: string | null; images: number };
  thumb: Thumb | null;
  saved_percent: number | null;
};

export type Page<T> = { items: T[]; next_cursor: string | null };

/** A server with a worker for all tests of a file, and its database. */
export function pageServer(settings: Record<string, string> = {}) {
  let folder: Folder;
  let minilab: Running;
  let database: Database;
  before(async () => {
    folder = await newFolder();
    const url = await migratedDatabase();
    database = openDatabase(url);
    minilab = await startMinilab('serve', { DATABASE_URL: url, DATA_DIR: folder.path, ...settings });
  });
  after(async () => {
    await minilab[Symbol.asyncDispose]();
    await database.db.destroy();
    await folder[Symbol.asyncDispose]();
  });

  return {
    database: () => database,
    folder: () => folder.path,
    get: (path: string, init?: RequestInit) => fetch(`${minilab.url}${path}`, init),
    read: <T>(path: string) => json<T>(fetch(`${minilab.url}${path}`)),
    /** The status and the code of a problem. */
    async problem(path: string, init?: RequestInit): Promise<[number, string]> {
      const response = await fetch(`${minilab.url}${path}`, init);
      return [response.status, (await json<{ code: string }>(response)).code];
    },
    async accepted(csv: string, fields: Record<string, string> = {}): Promise<Batch> {
      return json<Batch>(upload(minilab.url, csv, fields));
    },
    async ended(csv: string, fields: Record<string, string> = {}): Promise<Batch> {
      return untilEnded((await json<Batch>(upload(minilab.url, csv, fields))).links.self);
    },
    /** Makes a batch somebody else's. */
    async giveAway({ id }: Batch): Promise<void> {
      const { db } = database;
      await sql`
        insert into tenants (tenant_id, token, name) values (2, ${'b'.repeat(32)}, 'other') on conflict do nothing`.execute(
        db,
      );
      for (const table of ['batches', 'images', 'products', 'attempts'])
        await sql`update ${sql.table(table)} set tenant_id = 2 where batch_id = ${uuidOf('bat', id)}`.execute(
          db,
        );
    },
  };
}

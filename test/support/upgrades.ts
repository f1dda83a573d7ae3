/** Databases as earlier versions left them: kept in test/upgrades by test/programs/take-upgrade-sample.ts. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { openDatabase } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrate.ts';

export const SAMPLES = join(import.meta.dirname, '..', 'upgrades');

/** A table as row_to_json tells its rows; in addresses the origins are ORIGIN and SLOW_ORIGIN. */
export type TableDump = { columns: string[]; rows: unknown[][] };

/** What a version said of a batch that had ended. */
export type ToldBatch = {
  state: string;
  counts: Record<string, number>;
  errors_by_code: Record<string, number>;
  images: { slot: number; state: string; error_code: string | null; renditions: string[] }[];
  /** by the channel `own`, of versions that have channels */
  verdicts?: Record<string, number>;
};

export type Sample = {
  version: string;
  taken: string;
  /** of Minilab's schema */
  migrations: string[];
  /** file of the queue's schema */
  queue: string;
  tables: Record<string, TableDump>;
  /** contents by path below the storage folder, in base64 */
  files: Record<string, string>;
  /** by the name of the batch */
  told: Record<string, ToldBatch>;
};

// Names of the ports that an origin had, and has.
export const ORIGIN = 'origin.sample';
export const SLOW_ORIGIN = 'slow.sample';

/** An upload that the journey sends again, to the byte; so there is no port in it. */
export const EMPTY = {
  name: 'empty',
  lines: ['S. No.,Product Name,Input Image Urls', '1,No picture yet,'],
};

/** @returns the id of the batch */
export async function uploadSample(
  url: string,
  name: string,
  lines: string[],
  options: Record<string, string> = {},
): Promise<string> {
  const form = new FormData();
  for (const [option, value] of Object.entries({ name, ...options })) form.set(option, value);
  form.set('file', new Blob([`${lines.join('\n')}\n`]), `${name}.csv`);
  const headers = { 'idempotency-key': `key-of-${name}` };
  const response = await fetch(`${url}/v1/batches`, { method: 'POST', body: form, headers });
  const text = await response.text();
  assert.equal(response.status, 202, text);
  return (JSON.parse(text) as { id: string }).id;
}

export async function sampleNames(): Promise<string[]> {
  const names = await readdir(SAMPLES);
  return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
}

/**
 * Makes an empty database, and a storage folder, what they were when the sample was taken, a minute ago.
 * @param origin whose ports stand in its addresses now
 */
export async function restoreSample(
  name: string,
  { url, storage, origin }: { url: string; storage: string; origin: { url: string; slowUrl: string } },
): Promise<Sample> {
  const text = await readFile(join(SAMPLES, `${name}.json`), 'utf8');
  const sample = JSON.parse(
    text.replaceAll(ORIGIN, new URL(origin.url).host).replaceAll(SLOW_ORIGIN, new URL(origin.slowUrl).host),
  ) as Sample;
  const { db } = openDatabase(url);
  await migrate(db, { names: sample.migrations }).finally(() => db.destroy());
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(await readFile(join(SAMPLES, sample.queue), 'utf8'));
    await client.query('begin');
    await client.query(`set session_replication_role = replica`); // no order of tables, no foreign keys
    for (const [table, dump] of Object.entries(sample.tables))
      await restoreTable(client, table, dump, sample.taken);
    await client.query(`update sources set url_sha256 = sha256(convert_to(url, 'UTF8'))`);
    await client.query('commit');
  } finally {
    await client.end();
  }
  for (const [path, content] of Object.entries(sample.files)) {
    await mkdir(dirname(join(storage, path)), { recursive: true });
    await writeFile(join(storage, path), Buffer.from(content, 'base64'));
  }
  return sample;
}

async function restoreTable(
  client: Client,
  table: string,
  { columns, rows }: TableDump,
  taken: string,
): Promise<void> {
  const { rows: now } = await client.query<{ name: string; isTime: boolean }>(
    `select attname as name, atttypid = 'timestamptz'::regtype as "isTime" from pg_attribute
    where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
    [table],
  );
  // A migration that has landed never changes: the sample was taken from just these columns.
  assert.deepEqual(
    now.map(({ name }) => name),
    columns,
    table,
  );
  await client.query(`delete from ${table}`);
  await client.query(`insert into ${table} select * from json_populate_recordset(null::${table}, $1)`, [
    JSON.stringify(rows.map((row) => Object.fromEntries(row.map((value, i) => [columns[i], value])))),
  ]);
  const times = now.filter((column) => column.isTime).map(({ name }) => `"${name}" = "${name}" + s.since`);
  if (times.length > 0)
    await client.query(
      `update ${table} set ${times.join(', ')}
      from (select now() - interval '1 minute' - $1::timestamptz as since) s`,
      [taken],
    );
}

/** All rows of all tables with any, the queue's too, by `schema.table`. */
export async function dumpTables(client: Client): Promise<Record<string, TableDump>> {
  const { rows: tables } = await client.query<{ name: string }>(
    `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('public', 'pgboss') and c.relkind in ('r', 'p') and not c.relispartition
      and c.relname <> 'kysely_migration_lock' and c.relname <> 'kysely_migration'
    order by name`,
  );
  const dump: Record<string, TableDump> = {};
  for (const { name } of tables) {
    const { rows } = await client.query<{ row: object }>(`select row_to_json(t) as row from ${name} t`);
    if (rows[0])
      dump[name] = { columns: Object.keys(rows[0].row), rows: rows.map(({ row }) => Object.values(row)) };
  }
  return dump;
}

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, test } from 'node:test';
import { sql } from 'kysely';
import { openDatabase } from '../../src/db/database.ts';
import { holdEmbeddedServer } from '../../src/db/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';
import type { Problem } from '../../src/errors.ts';
import { newDatabase } from '../support/database.ts';
import { type Folder, newFolder } from '../support/folder.ts';

let sample: Folder;
before(async () => {
  sample = await newFolder();
  await (await holdEmbeddedServer(sample.path, 'test')).close();
});
after(() => sample[Symbol.asyncDispose]());

/** A data folder whose server has run before. It is a copy, because initdb takes a second. */
async function newDataFolder(): Promise<Folder> {
  const folder = await newFolder();
  const cluster = join(sample.path, 'postgres');
  const isElsewhere = (await lstat(cluster)).isSymbolicLink(); // where the server's user may not enter
  if (!isElsewhere) execFileSync('cp', ['-a', cluster, folder.path]);
  return folder;
}

async function postmasterPid(dataDir: string): Promise<number> {
  const text = await readFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), 'utf8');
  return Number(text.split('\n')[0]);
}

async function isGone(pid: number): Promise<boolean> {
  for (let i = 0; i < 200; i += 1, await sleep(25)) {
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'gone');
    if (state === 'gone' || / [ZX] /.test(state)) return true;
  }
  return false;
}

test('holders that start at once share one server, and the last one out stops it', async () => {
  await using folder = await newFolder();
  const holders = await Promise.all([1, 2, 3].map(() => holdEmbeddedServer(folder.path, 'test')));
  const urls = await Promise.all(holders.map((holder) => holder.database('shared')));
  assert.equal(new Set(urls).size, 1);
  const pid = await postmasterPid(folder.path);
  await holders[0]?.close();
  await holders[1]?.close();
  const { db } = openDatabase(urls[0] ?? '');
  await sql`select 1`.execute(db);
  await db.destroy();
  await holders[2]?.close();
  assert.ok(await isGone(pid));
});

test('what was committed is there after the server was killed, and its holder starts it again', async () => {
  await using folder = await newDataFolder();
  const holder = await holdEmbeddedServer(folder.path, 'test');
  const url = await holder.database('kept');
  const { db } = openDatabase(url);
  await sql`create table t as select 1 as a`.execute(db);
  process.kill(await postmasterPid(folder.path), 'SIGKILL');
  let rows: unknown[] = [];
  for (let i = 0; i < 400 && rows.length === 0; i += 1, await sleep(50))
    rows = await sql`select a from t`.execute(db).then(
      (result) => result.rows,
      () => [],
    );
  assert.deepEqual(rows, [{ a: 1 }]);
  await db.destroy();
  await holder.close();
});

test('a pid file that names a process of another program does not keep the server from starting', async () => {
  await using folder = await newDataFolder();
  await (await holdEmbeddedServer(folder.path, 'test')).close();
  const pidFile = join(folder.path, 'postgres', 'data', 'postmaster.pid');
  await writeFile(pidFile, `${process.pid}\n/x\n0\n5432\n\n127.0.0.1\n`);
  const holder = await holdEmbeddedServer(folder.path, 'test');
  assert.notEqual(await postmasterPid(folder.path), process.pid);
  await holder.close();
});

/** A process that writes rows through the embedded server of a folder. */
function startWriter(folder: string) {
  const child = spawn(process.execPath, [WRITER, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  let written = 0;
  child.stdout.on('data', (chunk: Buffer) => (written = Number(chunk.toString().trim().split('\n').at(-1))));
  return {
    written: () => written,
    async kill() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

const WRITER = join(import.meta.dirname, '..', 'programs', 'hold-embedded.ts');

async function withTable(folder: string): Promise<void> {
  const holder = await holdEmbeddedServer(folder, 'test');
  const { db } = openDatabase(await holder.database('shared'));
  await sql`create table written (pid integer, number integer)`.execute(db);
  await db.destroy();
  await holder.close();
}

type Writer = ReturnType<typeof startWriter>;

/** Each has written a few rows more. */
async function goOn(writers: Writer[]): Promise<void> {
  const before = writers.map((writer) => writer.written());
  for (let i = 0; !writers.every((writer, n) => writer.written() > (before[n] ?? 0) + 2); i += 1) {
    assert.ok(i < 1_200, `they stand still: ${writers.map((writer) => writer.written()).join(', ')}`);
    await sleep(50);
  }
}

async function kill(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  assert.ok(await isGone(pid));
}

test('four processes go on after each of five crashes of their server, also when the one that started it dies', async () => {
  await using folder = await newDataFolder();
  await withTable(folder.path);
  const writers = [1, 2, 3, 4].map(() => startWriter(folder.path));
  await goOn(writers);
  for (let crash = 1; crash <= 5; crash += 1) {
    await kill(await postmasterPid(folder.path));
    await goOn(writers);
  }
  await writers.shift()?.kill();
  await kill(await postmasterPid(folder.path));
  await goOn(writers);
  const holder = await holdEmbeddedServer(folder.path, 'test');
  const { db } = openDatabase(await holder.database('shared'));
  for (const writer of writers) await writer.kill();
  const { rows } = await sql<{ pids: number }>`select count(distinct pid) as pids from written`.execute(db);
  assert.deepEqual(rows, [{ pids: 4 }]);
  await db.destroy();
  await holder.close();
});

test('a crash whose port another program has taken since, and an old lock file, do not keep the server down', async () => {
  await using folder = await newDataFolder();
  await withTable(folder.path);
  const writer = startWriter(folder.path);
  await goOn([writer]);
  await writer.kill();
  const pidFile = join(folder.path, 'postgres', 'data', 'postmaster.pid');
  const port = Number((await readFile(pidFile, 'utf8')).split('\n')[3]);
  await kill(await postmasterPid(folder.path));
  await writeFile(join(folder.path, 'postgres', 'start.lock'), '');
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  const both = [startWriter(folder.path), startWriter(folder.path)];
  await goOn(both);
  assert.notEqual(Number((await readFile(pidFile, 'utf8')).split('\n')[3]), port);
  for (const one of both) await one.kill();
  other.close();
  await (await holdEmbeddedServer(folder.path, 'test')).close();
});

for (const [what, text] of [
  ['is empty', ''],
  ['was cut by a power failure', '12345\n/x\n17'],
] as const)
  test(`a pid file that ${what} does not keep the server from starting`, async () => {
    await using folder = await newDataFolder();
    await (await holdEmbeddedServer(folder.path, 'test')).close();
    await writeFile(join(folder.path, 'postgres', 'data', 'postmaster.pid'), text);
    await (await holdEmbeddedServer(folder.path, 'test')).close();
  });

test('the server starts on a disk that has become full, for which it keeps some room', async (t) => {
  await using folder = await newFolder();
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=200m,mode=755', 'tmpfs', folder.path], {
      stdio: 'pipe',
    });
  } catch {
    return t.skip('a small file system cannot be mounted here');
  }
  try {
    await withTable(folder.path);
    await writeFile(join(folder.path, 'filler'), Buffer.alloc(200 * 2 ** 20)).catch(() => {});
    const holder = await holdEmbeddedServer(folder.path, 'test');
    const { db } = openDatabase(await holder.database('shared'));
    await sql`insert into written values (1, 1)`.execute(db);
    await db.destroy();
    await holder.close();
  } finally {
    execFileSync('umount', ['-l', folder.path]);
  }
});

test('a server that cannot start says why, at once', async () => {
  await using folder = await newDataFolder();
  await (await holdEmbeddedServer(folder.path, 'test')).close();
  await rm(join(folder.path, 'postgres', 'data', 'global'), { recursive: true });
  await assert.rejects(holdEmbeddedServer(folder.path, 'test'), /did not start: .*global/);
});

test('a claim that another one has is told with who has it', async () => {
  await using folder = await newDataFolder();
  const [first, second] = [
    await holdEmbeddedServer(folder.path, 'serve'),
    await holdEmbeddedServer(folder.path, 'worker'),
  ];
  assert.equal(await first.claim('serve'), undefined);
  assert.equal(await second.claim('serve'), `minilab serve (process ${process.pid})`);
  assert.equal(await second.claim('other'), undefined);
  await first.close();
  assert.equal(await second.claim('serve'), undefined);
  await second.close();
});

test('a data folder of another major version is refused with what to do', async () => {
  await using folder = await newDataFolder();
  await (await holdEmbeddedServer(folder.path, 'test')).close();
  await writeFile(join(folder.path, 'postgres', 'data', 'PG_VERSION'), '17\n');
  await assert.rejects(
    holdEmbeddedServer(folder.path, 'test'),
    /made by PostgreSQL 17, and this Minilab brings PostgreSQL 18/,
  );
});

test('migrations of several processes at once run once, and those of a newer version are refused', async () => {
  const { db } = openDatabase(await newDatabase());
  const done = await Promise.all([migrate(db), migrate(db), migrate(db)]);
  const files = await readdir(join(import.meta.dirname, '..', '..', 'src', 'db', 'migrations'));
  assert.deepEqual(done.flat().toSorted(), files.map((file) => file.replace('.ts', '')).toSorted());
  assert.deepEqual(await migrate(db), []);
  await sql`insert into kysely_migration (name, timestamp) values ('9999_from_the_future', '')`.execute(db);
  await assert.rejects(migrate(db), (error: Problem) => error.code === 'schema_newer');
  await db.destroy();
});

/** Tables of one row, for all tenants. */
const OF_ALL = ['storage_sweep', 'access', 'chores', 'settings'];
/** By these the tenant itself is found. */
const FIND_TENANTS = new Set(['tenants_by_name', 'api_keys_by_sha256', 'sessions_pkey']);

test('every table has a tenant_id, and every unique key begins with it', async () => {
  const { db } = openDatabase(await newDatabase());
  await migrate(db);
  const { rows: tables } = await sql<{ table: string; tenant: boolean }>`
    select c.relname as table, exists (
      select from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id' and not attisdropped) as tenant
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname = 'public' and c.relkind = 'r' and c.relname not like 'kysely%' and c.relname <> all(${OF_ALL}::text[])`.execute(
    db,
  );
  assert.ok(tables.length >= 13);
  assert.deepEqual(
    tables.filter(({ tenant }) => !tenant),
    [],
  );
  const { rows: keys } = await sql<{ index: string; first: string }>`
    select i.indexrelid::regclass::text as index, a.attname as first
    from pg_index i
    join pg_class c on c.oid = i.indrelid
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
    where n.nspname = 'public' and i.indisunique and c.relname not like 'kysely%' and c.relname <> all(${OF_ALL}::text[])`.execute(
    db,
  );
  assert.deepEqual(
    keys.filter(({ first, index }) => first !== 'tenant_id' && !FIND_TENANTS.has(index)),
    [],
  );
  await db.destroy();
});

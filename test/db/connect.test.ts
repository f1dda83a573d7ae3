import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { sql } from 'kysely';
import { readConfig } from '../../src/config.ts';
import { addressNow } from '../../src/db/address.ts';
import { connectDatabase, databaseProblem } from '../../src/db/connect.ts';
import { openDatabase } from '../../src/db/database.ts';
import { migrate } from '../../src/db/migrate.ts';
import { Problem } from '../../src/errors.ts';
import { newDatabase } from '../support/database.ts';
import { runMinilab } from '../support/minilab.ts';

async function problemOf(connecting: Promise<unknown>): Promise<Problem> {
  const error = await connecting.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof Problem, String(error));
  assert.equal(error.code, 'database_unavailable');
  return error;
}

test('a database that cannot be used says why, and what to do', async () => {
  const url = new URL(addressNow(await newDatabase()));
  const other = (change: (url: URL) => void): string => {
    const changed = new URL(url);
    change(changed);
    return changed.href;
  };
  const silent = createServer().listen(0, '127.0.0.1');
  const web = createHttpServer((_, response) => response.end()).listen(0, '127.0.0.1');
  await Promise.all([once(silent, 'listening'), once(web, 'listening')]);
  const portOf = (server: typeof silent): string => String((server.address() as AddressInfo).port);
  const cases: [string, RegExp][] = [
    [other((to) => (to.port = '1')), /ECONNREFUSED.* Start PostgreSQL there/],
    [other((to) => (to.hostname = 'nothing.invalid')), /Correct the name of the host/],
    [other((to) => (to.password = 'wrong')), /password authentication failed.* Correct user and password/],
    [other((to) => (to.password = '')), /Correct user and password/],
    [other((to) => (to.pathname = '/none')), /database "none" does not exist\. Create it with createdb/],
    [other((to) => (to.search = '?sslmode=verify-full')), /does not support SSL.* Leave sslmode out/],
    [other((to) => (to.search = '?sslmode=verify-full&sslrootcert=/nothing')), /sslrootcert=FILE/],
    [other((to) => (to.port = portOf(silent))), /timeout.* Nothing responds there/],
    [other((to) => (to.port = portOf(web))), /cannot be used/],
  ];
  await Promise.all(
    cases.map(async ([at, expected]) => {
      const { message } = await problemOf(connectDatabase(at));
      assert.match(message, expected);
      assert.ok(!message.includes(url.password), message);
    }),
  );
  silent.close();
  web.close();
  web.closeAllConnections();
});

test('a user without rights in the database is told so', async () => {
  const url = new URL(addressNow(await newDatabase()));
  const { db } = openDatabase(url.href);
  await sql`create role guest login password 'guest'`.execute(db);
  await db.destroy();
  url.username = 'guest';
  url.password = 'guest';
  const guest = await connectDatabase(url.href);
  const problem = databaseProblem(await migrate(guest.db).catch((error: unknown) => error), url.href);
  assert.match(problem?.message ?? '', /permission denied.* Allow its user to create/);
  await guest.db.destroy();
});

test('`doctor`, `migrate` and `presets` tell of a database that is down as `serve` does', async () => {
  for (const command of ['doctor', 'migrate', 'presets']) {
    const settings = { DATABASE_URL: 'postgres://u:p@127.0.0.1:1/x' };
    const { code, out, err } = await runMinilab([command], { settings });
    assert.equal(code, 1);
    assert.match(out + err, /The database is unavailable: The database x on 127\.0\.0\.1:1 cannot be used/);
    assert.doesNotMatch(out + err, /Internal error/);
  }
});

test('a DATABASE_URL that is none, or would be read otherwise than it was meant, is refused by name', () => {
  for (const url of [
    'localhost/db',
    'mysql://a/b',
    'postgres://u:1#2@host/db',
    'postgres://u:p%w@host/db',
    'postgres://u:p@host:99999/db',
  ])
    assert.throws(() => readConfig({ DATABASE_URL: url }), /DATABASE_URL is not valid/, url);
  for (const url of [
    'postgres://host/db',
    'postgresql://u:p%23@[::1]:5433/db?sslmode=disable',
    'postgres://u@%2Frun%2Fpostgresql/db',
  ])
    assert.equal(readConfig({ DATABASE_URL: url }).databaseUrl, url);
});

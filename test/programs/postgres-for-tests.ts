/**
 * The PostgreSQL of a run of tests, and a folder for all files of the run. Prints both as JSON, and lives
 * until its input ends: so it goes with whoever started it, also with one that is killed, and nothing stays.
 */
import { once } from 'node:events';
import { Client } from 'pg';
import { pino } from 'pino';
import { readConfig } from '../../src/config.ts';
import { addressNow } from '../../src/db/address.ts';
import { holdEmbeddedServer } from '../../src/db/embedded.ts';
import { openServices } from '../../src/services.ts';
import { newFolder } from '../support/folder.ts';
import { stopLeftServers } from '../support/left-servers.ts';
import { TEMPLATE } from '../support/test-server.ts';

// What it holds is thrown away, and no database lives long enough to be vacuumed.
const QUICK = ['fsync', 'synchronous_commit', 'full_page_writes', 'autovacuum'];

process.stdout.on('error', () => {}); // whoever asked may be gone already
const ended = once(process.stdin.resume(), 'close');
await using folder = await newFolder();
const server = await holdEmbeddedServer(folder.path, 'test');
try {
  const maintenance = await server.database('postgres');
  await makeQuick(maintenance);
  await makeTemplate(await server.database(TEMPLATE));
  process.stdout.write(JSON.stringify({ address: maintenance, folder: folder.path }));
  await ended;
} finally {
  await server.close();
  await stopLeftServers(folder.path);
}

async function makeQuick(url: string): Promise<void> {
  const client = new Client(addressNow(url));
  await client.connect();
  for (const setting of QUICK) await client.query(`alter system set ${setting} = off`);
  await client.query('select pg_reload_conf()');
  await client.end();
}

/** All migrations and the queue's tables, once. */
async function makeTemplate(url: string): Promise<void> {
  const config = readConfig({ DATA_DIR: folder.path });
  const services = await openServices(config, url, pino({ level: 'silent' }));
  await services.close();
}

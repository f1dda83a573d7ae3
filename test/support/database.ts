/** Databases on the PostgreSQL of the run; a file that is run alone starts one for itself. */
import { randomBytes } from 'node:crypto';
import { after } from 'node:test';
import { Client } from 'pg';
import { addressNow } from '../../src/db/address.ts';
import { SERVER_OF_RUN, startTestServer, TEMPLATE, type TestServer } from './test-server.ts';

let started: Promise<TestServer> | undefined;

after(async () => (await started)?.close());

async function serverAddress(): Promise<string> {
  const ofRun = process.env[SERVER_OF_RUN];
  if (ofRun !== undefined) return ofRun;
  started ??= startTestServer();
  return (await started).address;
}

/** The address of a new, empty database. */
export function newDatabase(): Promise<string> {
  return createDatabase('');
}

/** The address of a new database with this version's schema, as `migrate` leaves it. */
export function migratedDatabase(): Promise<string> {
  return createDatabase(`template ${TEMPLATE} strategy file_copy`);
}

async function createDatabase(how: string): Promise<string> {
  const url = new URL(await serverAddress());
  const name = `test_${randomBytes(6).toString('hex')}`;
  const client = new Client(addressNow(url.href));
  await client.connect();
  await client.query(`create database ${name} ${how}`);
  await client.end();
  url.pathname = `/${name}`;
  return url.href;
}

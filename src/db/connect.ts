import { sql } from 'kysely';
import { Problem, systemCode } from '../errors.ts';
import { type Database, isConnectionTrouble, openDatabase } from './database.ts';

/**
 * Opens a database, and verifies that it responds.
 * @throws Problem `database_unavailable`, with the reason and what to do
 */
export async function connectDatabase(url: string): Promise<Database> {
  const database = openDatabase(url);
  try {
    await sql`select 1`.execute(database.db);
    return database;
  } catch (error) {
    await database.db.destroy();
    throw unavailable(error, url);
  }
}

/** The problem for an error of a statement, if the database or our privileges are the reason. */
export function databaseProblem(error: unknown, url: string): Problem | undefined {
  if (error instanceof Problem) return undefined;
  return cannotBeUsed(error) ? unavailable(error, url) : undefined;
}

/** Whether a statement failed because of the database, our privileges, or its disk. */
export function cannotBeUsed(error: unknown): boolean {
  return isConnectionTrouble(error) || /^(28|3D|42501|53)/.test(systemCode(error) ?? '');
}

function unavailable(error: unknown, url: string): Problem {
  const { host, pathname, username } = new URL(url);
  const name = decodeURIComponent(pathname.slice(1)) || username;
  const why = (error as Error).message || (systemCode(error) ?? String(error));
  const said = `The database ${name} on ${host || 'this machine'} cannot be used: ${why.replace(/\.$/, '')}.`;
  return new Problem('database_unavailable', { detail: `${said} ${adviceOn(error)}`, cause: error });
}

/** By SQLSTATE, by system error code, or by message if pg gives no code. */
const ADVICE: readonly (readonly [RegExp, string])[] = [
  [
    /^ECONNREFUSED|^EHOST|^ENETUNREACH|^ECONNRESET/,
    'Start PostgreSQL there, or correct host and port in DATABASE_URL.',
  ],
  [/^ENOTFOUND|^EAI_/, 'Correct the name of the host in DATABASE_URL.'],
  [
    /^ETIMEDOUT|timeout/i,
    'Nothing responds there: correct host and port in DATABASE_URL, or allow this machine in the firewall.',
  ],
  [
    /^28|SASL|password/,
    'Correct user and password in DATABASE_URL, and check that pg_hba.conf allows this machine.',
  ],
  [/^3D000/, 'Create it with createdb, or correct the last part of DATABASE_URL.'],
  [/^42501/, 'Allow its user to create schemas and tables: alter database … owner to …'],
  [/^25006/, 'This is a read-only copy: name the primary server in DATABASE_URL.'],
  [/^53300/, 'It has no free connection: raise max_connections, or start fewer workers.'],
  [/^57P03/, 'It is starting or shutting down: try again in a moment.'],
  [/does not support SSL/, 'Leave sslmode out of DATABASE_URL, or switch ssl on in postgresql.conf.'],
  [
    /CERT|SSL|TLS|^ENOENT/,
    'Name the certificate of its authority with ?sslmode=verify-full&sslrootcert=FILE in DATABASE_URL.',
  ],
];

function adviceOn(error: unknown): string {
  const code = systemCode(error);
  const message = error instanceof Error ? error.message : '';
  const found = ADVICE.find(
    ([pattern]) => (code !== undefined && pattern.test(code)) || pattern.test(message),
  );
  return found?.[1] ?? 'Check that it runs and that DATABASE_URL is right.';
}

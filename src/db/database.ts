import { Kysely, PostgresDialect, sql } from 'kysely';
import { Pool, type PoolClient, types } from 'pg';

/** Queries are literal SQL in `sql` templates; Kysely gives parameters, transactions and migrations. */
export type Db = Kysely<unknown>;

export type Database = { db: Db; pool: Pool };

// bigint (counts, bytes) as a number: exact up to 2^53, and no counter here comes near.
types.setTypeParser(types.builtins.INT8, Number);

/**
 * Opens a pool of connections. Nothing is connected until the first query.
 * @param url `postgres://…`
 * @param max connections at the most; 10 serve a worker of 24 slots, because none is held while it downloads or decodes
 */
export function openDatabase(url: string, max = 10): Database {
  const pool = new Pool({
    connectionString: url,
    max,
    application_name: 'minilab',
    connectionTimeoutMillis: 10_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  });
  // A connection that breaks while nobody uses it is not news: the next query opens another.
  // Without these two listeners a restart of the database ends the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return { db: new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) }), pool };
}

/**
 * One transaction in which the connection itself is at hand too, for COPY, which Kysely does not
 * know. Commits when `work` returns, rolls back when it throws.
 */
export async function transactionWithClient<T>(
  pool: Pool,
  work: (trx: Db, client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    const result = await work(onConnection(client), client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((reason: Error) => {
      broken = reason; // a connection that cannot roll back is not given to the next one
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/** A Kysely that runs every statement on the connection given, and never closes it. */
function onConnection(client: PoolClient): Db {
  const borrowed = { query: client.query.bind(client), release: () => {} } as unknown as PoolClient;
  const pool = { connect: async () => borrowed, end: async () => {}, options: {} };
  return new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
}

/** Whether the database answers within the time. */
export async function isAlive(db: Db): Promise<boolean> {
  try {
    await sql`select 1`.execute(db);
    return true;
  } catch {
    return false;
  }
}

const CONNECTION_TROUBLE = /^(08|57P0|53300|55000|25006)/;

/**
 * Whether an error says that the database is away or going, and not that a statement is wrong:
 * SQLSTATE classes 08 and 57P0x (PostgreSQL manual, appendix A), or a socket error of Node.
 */
export function isConnectionTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: string }).code;
  if (code === undefined) return /connection|timeout exceeded/i.test(error.message); // pg gives these no code
  return CONNECTION_TROUBLE.test(code) || /^E[A-Z]+$/.test(code);
}

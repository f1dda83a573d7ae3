import { Kysely, PostgresDialect, type PostgresPoolClient, type RawBuilder, sql } from 'kysely';
import { escapeLiteral, type Pool, type PoolClient, type QueryResult, types } from 'pg';
import { causesOf } from '../errors.ts';
import { type Connections, openConnections } from './connections.ts';

/** Queries are literal SQL in `sql` templates; Kysely gives parameters, transactions and migrations. */
export type Db = Kysely<unknown>;

/** One pool of connections, by how long an answer may take. */
export type Database = {
  db: Db;
  /** for what others wait for: claims, leases, results */
  hurried: Db;
  /** for what may take minutes; see longTransaction */
  patient: Db;
  /** `hurried` for pg-boss, which needs the rows of every statement of a text: Kysely keeps none of them */
  query(text: string, values?: unknown[]): Promise<QueryResult>;
  /**
   * Statements in one message, and in one transaction that needs nothing more of us: it ends all the same
   * when this process is frozen or cut off in between.
   * @returns the rows of the last one
   */
  atOnce<Row>(...statements: RawBuilder<unknown>[]): Promise<Row[]>;
  /** One transaction in which the connection itself is at hand too, for COPY, which Kysely does not know. */
  transactionWithClient<T>(work: (trx: Db, client: PoolClient) => Promise<T>): Promise<T>;
  pool: Pool;
};

// bigint (counts, bytes) as a number: exact up to 2^53, and no counter here comes near.
types.setTypeParser(types.builtins.INT8, Number);

// Of every session: a process that is frozen or cut off, in the middle of a transaction, keeps the others
// from a row for 15 s, and not until its machine is found dead.
const LIMITS = {
  idle_in_transaction_session_timeout: '15s',
  lock_timeout: '10s',
  statement_timeout: '60s',
};
// A migration says itself how long it waits for a lock; another process may wait until it is done.
const MIGRATION_LIMITS = {
  idle_in_transaction_session_timeout: '5min',
  lock_timeout: '0',
  statement_timeout: '0',
};
const LONG_STATEMENT = '15min';

const HURRIED_MS = 30_000;
const USUAL_MS = 75_000; // what the server ends itself has been ended by then
const PATIENT_MS = 16 * 60_000;

/**
 * Opens a pool of connections. Nothing is connected until the first query.
 * @param url `postgres://…`
 * @param max connections at the most; 10 serve a worker of 24 slots, because none is held while it downloads or decodes
 */
export function openDatabase(url: string, max = 10): Database {
  return databaseOn(openConnections(url, max, LIMITS), USUAL_MS);
}

/** For changes of the schema, which take as long as they take. */
export function openForMigration(url: string): Database {
  return databaseOn(openConnections(url, 3, MIGRATION_LIMITS), PATIENT_MS);
}

function databaseOn(connections: Connections, usualMs: number): Database {
  const { pool, take, answered } = connections;

  /** As Kysely uses a connection. */
  function timed(client: PoolClient, deadlineMs: number): PostgresPoolClient {
    const query = (text: string, values: unknown[]) =>
      answered(client, deadlineMs, () => client.query(text, values));
    return { query, release: () => client.release() } as unknown as PostgresPoolClient;
  }

  function within(deadlineMs: number, end = async (): Promise<void> => {}): Db {
    return kyselyOn(async () => timed(await take(), deadlineMs), end);
  }

  async function using<T>(deadlineMs: number, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await take();
    try {
      const result = await answered(client, deadlineMs, () => work(client));
      client.release();
      return result;
    } catch (error) {
      client.release(true); // it may be in the middle of a transaction
      throw error;
    }
  }

  const db = within(usualMs, () => pool.end());
  const query: Database['query'] = (text, values) =>
    using(HURRIED_MS, (client) => client.query(text, values));
  return {
    db,
    hurried: within(HURRIED_MS),
    patient: within(PATIENT_MS),
    pool,
    query,
    async atOnce<Row>(...statements: RawBuilder<unknown>[]) {
      const text = statements.map((statement) => withValues(statement.compile(db))).join(';\n');
      const results = [await query(text)].flat(); // pg's types do not know that several answer an array
      return (results.at(-1)?.rows ?? []) as Row[];
    },
    transactionWithClient: (work) =>
      using(PATIENT_MS, async (client) => {
        await client.query(`begin; set local statement_timeout = '${LONG_STATEMENT}'`);
        const borrowed = { query: client.query.bind(client), release: () => {} };
        const result = await work(
          kyselyOn(async () => borrowed),
          client,
        );
        await client.query('commit');
        return result;
      }),
  };
}

/** A message of several statements has no parameters: their values stand in the text. */
function withValues({ sql: text, parameters }: { sql: string; parameters: readonly unknown[] }): string {
  return text.replaceAll(/\$(\d+)/g, (_, number: string) => {
    const value = parameters[Number(number) - 1];
    return typeof value === 'number' ? String(value) : escapeLiteral(String(value));
  });
}

function kyselyOn(connect: () => Promise<PostgresPoolClient>, end = async (): Promise<void> => {}): Db {
  return new Kysely<unknown>({ dialect: new PostgresDialect({ pool: { connect, end, options: {} } }) });
}

/** A transaction of statements that may take minutes, such as those that touch a million rows. */
export function longTransaction<T>(patient: Db, work: (trx: Db) => Promise<T>): Promise<T> {
  return patient.transaction().execute(async (trx) => {
    await sql`set local statement_timeout = ${sql.lit(LONG_STATEMENT)}`.execute(trx);
    return work(trx);
  });
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

// SQLSTATE (PostgreSQL manual, appendix A): connections, who may connect, resources, an operator, its disk, a standby.
const AWAY = /^(08|28|3D|53|57P|58|55000|25006|25P03|25P04)/;
// Whoever did it loses nothing by doing all of it again: a deadlock, a conflict, a limit of database.ts.
const AGAIN = /^(40001|40003|40P01|55P03|57014)/;
const SOCKET =
  /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|E(HOST|NET)(UNREACH|DOWN)|ENETRESET|EADDRNOTAVAIL|ENOTFOUND|EAI_\w+)$/;
// pg 8.23, pg-pool and Kysely give these no code.
const WITHOUT_CODE =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Client (has encountered a connection error|was closed)|Cannot use a pool after|Postgres connection has been discarded|driver has already been destroyed)/;

/** Whether an error says that the database is away, going, or cannot write. */
export function isConnectionTrouble(error: unknown): boolean {
  return is(error, (code) => AWAY.test(code) || SOCKET.test(code));
}

/** Whether the same may well succeed in a while: as above, or somebody else was in the way. */
export function isPassingTrouble(error: unknown): boolean {
  return isConnectionTrouble(error) || is(error, (code) => AGAIN.test(code));
}

function is(error: unknown, test: (code: string) => boolean): boolean {
  return causesOf(error).some((cause) => {
    const { code } = cause as { code?: unknown };
    return typeof code === 'string' ? test(code) : WITHOUT_CODE.test(cause.message);
  });
}

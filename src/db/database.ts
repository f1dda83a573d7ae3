import { Kysely, PostgresDialect, type PostgresPoolClient, type RawBuilder, sql } from 'kysely';
import { escapeLiteral, type Pool, type PoolClient, type QueryResult, types } from 'pg';
import { causesOf } from '../errors.ts';
import { type Connections, isLostStatement, openConnections } from './connections.ts';
import { listen, type Listener, type Listening } from './listen.ts';
import { statementName } from './prepared.ts';
import { SESSION_LIMITS } from './session-limits.ts';

/** Queries are literal SQL in `sql` templates; Kysely provides parameters and transactions. */
export type Db = Kysely<unknown>;

/** One connection pool, with handles that differ in how long a response may take. */
export type Database = {
  db: Db;
  /**
   * 30 s: for what others wait for, such as claims, leases and results. Its statements are prepared (prepared.ts),
   * so their texts must be few.
   */
  hurried: Db;
  /** 16 min: for statements that may take minutes; see longTransaction */
  patient: Db;
  /** Like `hurried`, for pg-boss, which needs the rows of every statement in a text; Kysely discards them. */
  query(text: string, values?: unknown[]): Promise<QueryResult>;
  /**
   * Sends several statements in one message, as one transaction. It commits even if this process is frozen or
   * cut off meanwhile.
   * @returns the rows of the last statement
   */
  atOnce<Row>(...statements: RawBuilder<unknown>[]): Promise<Row[]>;
  /** A transaction with access to the connection itself, for COPY, which Kysely does not support. */
  transactionWithClient<T>(work: (trx: Db, client: PoolClient) => Promise<T>): Promise<T>;
  /** Listens to a channel, over one more connection. */
  listen(channel: string, listener: Listener): Listening;
  pool: Pool;
};

// bigint (counts, bytes) is parsed to a number: exact up to 2^53, far above any counter here.
types.setTypeParser(types.builtins.INT8, Number);

// Migrations set their own lock timeouts; other processes may wait until a migration is done.
const MIGRATION_LIMITS = {
  idle_in_transaction_session_timeout: '5min',
  lock_timeout: '0',
  statement_timeout: '0',
};
const LONG_STATEMENT = '15min';

const HURRIED_MS = 30_000;
const USUAL_MS = 75_000; // longer than the server's own limits
const PATIENT_MS = 16 * 60_000;

/**
 * Opens a connection pool. It connects on the first query.
 * @param url `postgres://…`
 * @param max maximum of connections; 10 serve a worker with a capacity of 32, because none is held while it downloads or decodes
 * @param hurriedMs after how long `hurried` gives up
 */
export function openDatabase(url: string, max = 10, hurriedMs = HURRIED_MS): Database {
  return databaseOn(openConnections(url, max, SESSION_LIMITS), { usualMs: USUAL_MS, hurriedMs });
}

/** Like openDatabase, without limits for statements: for schema migrations. */
export function openForMigration(url: string): Database {
  return databaseOn(openConnections(url, 3, MIGRATION_LIMITS), {
    usualMs: PATIENT_MS,
    hurriedMs: HURRIED_MS,
  });
}

type Handling = { deadlineMs: number; prepares: boolean };

function databaseOn(
  connections: Connections,
  { usualMs, hurriedMs }: { usualMs: number; hurriedMs: number },
): Database {
  const { pool, connecting, take, answered, keepsSession } = connections;

  /** A connection as Kysely expects it, with a deadline for each query. */
  function timed(client: PoolClient, { deadlineMs, prepares }: Handling): PostgresPoolClient {
    const query = (text: string, values: unknown[]) =>
      answered(client, deadlineMs, () =>
        prepares ? prepared(client, text, values) : client.query(text, values),
      );
    return { query, release: () => client.release() } as unknown as PostgresPoolClient;
  }

  function prepared(client: PoolClient, text: string, values?: unknown[]): Promise<QueryResult> {
    const name = keepsSession(client) ? statementName(text) : undefined;
    return name === undefined
      ? client.query(text, values)
      : client.query({ name, text, values: values ?? [] });
  }

  function within(deadlineMs: number, { prepares = false, end = async (): Promise<void> => {} } = {}): Db {
    return kyselyOn(async () => timed(await take(), { deadlineMs, prepares }), end);
  }

  async function using<T>(deadlineMs: number, work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await take();
    try {
      const result = await answered(client, deadlineMs, () => work(client));
      client.release();
      return result;
    } catch (error) {
      client.release(true); // discard it: a transaction may be open
      throw error;
    }
  }

  const db = within(usualMs, { end: () => pool.end() });
  const query: Database['query'] = (text, values) =>
    using(hurriedMs, (client) => prepared(client, text, values));
  return {
    db,
    hurried: within(hurriedMs, { prepares: true }),
    patient: within(PATIENT_MS),
    pool,
    query,
    listen: (channel, listener) => listen(connecting, channel, listener),
    async atOnce<Row>(...statements: RawBuilder<unknown>[]) {
      const text = statements.map((statement) => withValues(statement.compile(db))).join(';\n');
      const results = [await query(text)].flat(); // several statements return an array, which pg's types do not say
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

/** Inlines parameters, because a message of several statements cannot have any. */
function withValues({ sql: text, parameters }: { sql: string; parameters: readonly unknown[] }): string {
  return text.replaceAll(/\$(\d+)/g, (_, number: string) => {
    const value = parameters[Number(number) - 1];
    return typeof value === 'number' ? String(value) : escapeLiteral(String(value));
  });
}

function kyselyOn(connect: () => Promise<PostgresPoolClient>, end = async (): Promise<void> => {}): Db {
  return new Kysely<unknown>({ dialect: new PostgresDialect({ pool: { connect, end, options: {} } }) });
}

/** Does work in a transaction: a new one, or the one that is handed in. */
export function inTransaction<T>(db: Db, work: (trx: Db) => Promise<T>): Promise<T> {
  return db.isTransaction ? work(db) : db.transaction().execute(work);
}

/** A transaction whose statements may take 15 minutes, such as those that touch a million rows. */
export function longTransaction<T>(patient: Db, work: (trx: Db) => Promise<T>): Promise<T> {
  return inTransaction(patient, async (trx) => {
    await sql`set local statement_timeout = ${sql.lit(LONG_STATEMENT)}`.execute(trx);
    return work(trx);
  });
}

/** Whether the database responds. */
export async function isAlive(db: Db): Promise<boolean> {
  try {
    await sql`select 1`.execute(db);
    return true;
  } catch {
    return false;
  }
}

// SQLSTATEs (PostgreSQL manual, appendix A): connection, authorization, resources, operator, disk, standby.
const AWAY = /^(08|28|3D|53|57P|58|55000|25006|25P03|25P04)/;
// The whole transaction may be retried: deadlock, serialization failure, a limit of this file.
const AGAIN = /^(40001|40003|40P01|55P03|57014)/;
const SOCKET =
  /^(ECONN(REFUSED|RESET|ABORTED)|EPIPE|ETIMEDOUT|E(HOST|NET)(UNREACH|DOWN)|ENETRESET|EADDRNOTAVAIL|ENOTFOUND|EAI_\w+)$/;
// Errors of pg 8.23, pg-pool and Kysely without a code.
const WITHOUT_CODE =
  /^(Connection terminated|timeout exceeded when trying to connect|timeout expired|Client (has encountered a connection error|was closed)|Cannot use a pool after|Postgres connection has been discarded|driver has already been destroyed)/;

/** Whether an error means that the database is unreachable, shutting down, or read-only. */
export function isConnectionTrouble(error: unknown): boolean {
  return is(error, (code) => AWAY.test(code) || SOCKET.test(code));
}

/** Whether a retry may succeed: the database is unavailable, or another transaction was in the way. */
export function isPassingTrouble(error: unknown): boolean {
  if (causesOf(error).some(isLostStatement)) return true;
  return isConnectionTrouble(error) || is(error, (code) => AGAIN.test(code));
}

function is(error: unknown, test: (code: string) => boolean): boolean {
  return causesOf(error).some((cause) => {
    const { code } = cause as { code?: unknown };
    return typeof code === 'string' ? test(code) : WITHOUT_CODE.test(cause.message);
  });
}

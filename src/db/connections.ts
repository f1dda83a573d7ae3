/**
 * Connections that never keep anybody waiting for ever: what the server does has limits there, and what it
 * does not answer has a deadline here, because it or the network may be gone, and TCP alone gives up after a
 * quarter of an hour. pg's own `query_timeout` would leave the connection blocked, and give it to the next one.
 */
import { Client, DatabaseError, Pool, type PoolClient } from 'pg';
import { addressNow } from './address.ts';

export type Connections = {
  pool: Pool;
  /** A connection that was heard of since the network was last found dead, and that may write as far as is known. */
  take(): Promise<PoolClient>;
  /** Does something with a connection; past the deadline its socket is ended, and the work with it. */
  answered<T>(client: PoolClient, deadlineMs: number, work: () => Promise<T>): Promise<T>;
};

const CONNECT_MS = 10_000;
const READ_ONLY = '25006';

/**
 * Nothing is connected until the first query. The limits are set by a statement, and not at the start of the
 * session: PgBouncer refuses such parameters. (Where it pools by transaction they hold for the server's
 * connection that it gave us just then, and belong to the role: docs/settings.md.)
 * @param limits of every session, by the name of PostgreSQL's setting
 */
export function openConnections(url: string, max: number, limits: Record<string, string>): Connections {
  const setLimits = Object.entries(limits).map(([name, value]) => `set ${name} = '${value}'`);
  const heardAt = new WeakMap<object, number>(); // by performance.now()
  let silentSince = 0; // when a statement began that was never answered
  const pool = new Pool({
    max,
    Client: clientOf(url),
    application_name: 'minilab',
    connectionTimeoutMillis: CONNECT_MS,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    onConnect: (client) =>
      answered(client as PoolClient, CONNECT_MS, () => client.query(setLimits.join(';'))),
  });
  // A connection that breaks while nobody uses it is not news: the next query opens another.
  // Without these two listeners a restart of the database ends the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));

  /** After a silence the idle ones are closed, since each of them would cost somebody another deadline. */
  async function take(): Promise<PoolClient> {
    for (;;) {
      const client = await pool.connect();
      if ((heardAt.get(client) ?? 0) >= silentSince) return client;
      cut(client, 'another connection is better');
      client.release(true);
    }
  }

  async function answered<T>(client: PoolClient, deadlineMs: number, work: () => Promise<T>): Promise<T> {
    const beganAt = performance.now();
    const timer = setTimeout(() => {
      silentSince = Math.max(silentSince, beganAt);
      cut(client, `the database did not answer within ${deadlineMs / 1000} s`);
    }, deadlineMs);
    try {
      const result = await work();
      heardAt.set(client, performance.now());
      return result;
    } catch (error) {
      heardAt.set(client, isLastWord(error) ? Number.NEGATIVE_INFINITY : performance.now());
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  return { pool, take, answered };
}

/** The pool makes a client for each connection, so that each finds a server that was started again. */
function clientOf(url: string): new (options?: object) => Client {
  return class extends Client {
    constructor(options: object = {}) {
      super({ ...options, connectionString: addressNow(url) });
    }
  };
}

/** Of a session that ends with it, or of a server that is read-only: its name may lead to another one by now. */
function isLastWord(error: unknown): boolean {
  return error instanceof DatabaseError && (error.severity === 'FATAL' || error.code === READ_ONLY);
}

/** pg fails what is under way and what is waiting on the connection, and the pool drops it. */
function cut(client: PoolClient, why: string): void {
  const { connection } = client as unknown as Client;
  connection.stream.destroy(Object.assign(new Error(why), { code: 'ETIMEDOUT' }));
}

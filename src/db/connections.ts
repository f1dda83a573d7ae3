/**
 * Connections that never block for ever. The server enforces limits on what it executes; this file enforces
 * deadlines for responses, because the server or the network may be gone, and TCP alone gives up after a
 * quarter of an hour. pg's own `query_timeout` leaves the connection blocked, and hands it to the next user.
 */
import { Client, type ClientBase, DatabaseError, Pool, type PoolClient } from 'pg';
import { addressNow } from './address.ts';

/** A client that is not connected yet, with further options of pg. */
export type Connecting = (options?: object) => Client;

export type Connections = {
  pool: Pool;
  /** A connection beside those of the pool. */
  connecting: Connecting;
  /** A connection that has responded since the last missed deadline, and whose session is of use: see isFinal. */
  take(): Promise<PoolClient>;
  /** Whether each statement of a connection meets the same session, so that it may prepare statements. */
  keepsSession(client: PoolClient): boolean;
  /** Runs work on a connection; at the deadline its socket is destroyed, which fails the work. */
  answered<T>(client: PoolClient, deadlineMs: number, work: () => Promise<T>): Promise<T>;
};

const CONNECT_MS = 10_000;
const ALIVE = {
  connectionTimeoutMillis: CONNECT_MS,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
};
const READ_ONLY = '25006';
// A prepared statement is gone, or is there although this session has not prepared it: a pooler is in between.
const LOST_STATEMENT = /^(26000|42P05)$/;
const STALE_PLAN = 'cached plan must not change result type'; // a migration changed a column (0A000 has many meanings)

/**
 * Opens a pool, which connects on the first query. Limits are set by a statement, not as start-up parameters,
 * which PgBouncer refuses. (With transaction pooling they apply to one server connection only, and must be
 * set for the role: docs/settings.md.)
 * @param limits PostgreSQL settings of every session
 */
export function openConnections(url: string, max: number, limits: Record<string, string>): Connections {
  const setLimits = Object.entries(limits).map(([name, value]) => `set ${name} = '${value}'`);
  const withSession = new WeakSet<object>();
  const respondedAt = new WeakMap<object, number>(); // performance.now()
  const useless = new WeakSet<object>(); // a later `rollback` succeeds, and does not make them useful again
  let silentSince = 0; // start of the last statement without a response
  const ClientOfUrl = clientOf(url);
  const pool = new Pool({
    max,
    Client: ClientOfUrl,
    application_name: 'minilab',
    idleTimeoutMillis: 30_000,
    ...ALIVE,
    onConnect: (client) => answered(client as PoolClient, CONNECT_MS, () => begin(client)),
  });
  // An idle connection that breaks needs no report: the next query opens another. Without these two
  // listeners, a restart of the database would crash the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));

  /** Sets the limits, and learns whether a pooler is in between: it shows by the process id that it invents. */
  async function begin(client: ClientBase): Promise<void> {
    const results = await client.query([...setLimits, 'select pg_backend_pid() as pid'].join(';'));
    const [{ pid } = {}] = ([results].flat().at(-1)?.rows ?? []) as { pid?: number }[];
    if (pid === processIdOf(client)) withSession.add(client);
  }

  /** After a missed deadline, idle connections are closed: each would cost another deadline. */
  async function take(): Promise<PoolClient> {
    for (;;) {
      const client = await pool.connect();
      const isHeard = (respondedAt.get(client) ?? 0) >= silentSince;
      if (isHeard && !useless.has(client)) return client;
      cut(client, isHeard ? 'its session is of no more use' : 'no response since the last missed deadline');
      client.release(true);
    }
  }

  async function answered<T>(client: PoolClient, deadlineMs: number, work: () => Promise<T>): Promise<T> {
    const beganAt = performance.now();
    const timer = setTimeout(() => {
      silentSince = Math.max(silentSince, beganAt);
      cut(client, `the database did not respond within ${deadlineMs / 1000} s`);
    }, deadlineMs);
    try {
      const result = await work();
      respondedAt.set(client, performance.now());
      return result;
    } catch (error) {
      respondedAt.set(client, performance.now());
      if (isFinal(error)) useless.add(client);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    pool,
    connecting: (options) => new ClientOfUrl({ ...options, ...ALIVE, query_timeout: CONNECT_MS }),
    take,
    answered,
    keepsSession: (client) => withSession.has(client),
  };
}

/** Resolves the address for each new connection, so that it finds a bundled server on its new port. */
function clientOf(url: string): new (options?: object) => Client {
  return class extends Client {
    constructor(options: object = {}) {
      super({ ...options, connectionString: addressNow(url) });
    }
  };
}

/**
 * Whether the session ended with this error, or is of no more use: the server is read-only (after a failover, its
 * name leads to another one), or a prepared statement is not what it was.
 */
function isFinal(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false;
  return error.severity === 'FATAL' || error.code === READ_ONLY || isLostStatement(error);
}

/** Whether a prepared statement failed for being prepared: another session can execute it. */
export function isLostStatement(error: unknown): boolean {
  if (!(error instanceof DatabaseError)) return false;
  return LOST_STATEMENT.test(error.code ?? '') || error.message === STALE_PLAN;
}

/** The process id that the server named when the connection began. */
export function processIdOf(client: ClientBase): number | undefined {
  return (client as Client & { processID?: number }).processID;
}

/** Destroys the socket: pg fails running and queued queries, and the pool discards the connection. */
export function cut(client: ClientBase, why: string): void {
  const { connection } = client as unknown as Client;
  connection.stream.destroy(Object.assign(new Error(why), { code: 'ETIMEDOUT' }));
}

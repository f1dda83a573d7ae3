/** Limits of every session. A process that is frozen or cut off within a transaction blocks others for 15 s, not until its machine is found dead. */
import type { Pool } from 'pg';
import { processIdOf } from './connections.ts';

export const SESSION_LIMITS = {
  idle_in_transaction_session_timeout: '15s',
  lock_timeout: '10s',
  statement_timeout: '60s',
};

/** The limits in milliseconds, as pg_settings has them. */
const MOST_MS = new Map(
  Object.entries(SESSION_LIMITS).map(([name, text]) => [name, Number.parseInt(text, 10) * 1000]),
);

type Setting = { pid: number; user: string; name: string; now_ms: number; from_role_ms: number };

/**
 * Whether the limits hold for all statements. They are set when a session begins. A pooler such as PgBouncer may
 * give each transaction another session, which this one has set nothing for: then they must belong to the role.
 * A pooler shows by the process id that it invents.
 * @returns what is wrong and what to do; undefined when all is well
 */
export async function limitsTrouble(pool: Pool): Promise<string | undefined> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query<Setting>(
      `select pg_backend_pid() as pid, current_user as user, name, setting::bigint as now_ms, reset_val::bigint as from_role_ms
      from pg_settings where name = any($1) order by name`,
      [[...MOST_MS.keys()]],
    );
    const isPooled = rows[0]?.pid !== processIdOf(client);
    const missing = rows.filter((row) => !isWithin(row.name, isPooled ? row.from_role_ms : row.now_ms));
    return missing.length === 0 ? undefined : advice(missing);
  } finally {
    client.release();
  }
}

function isWithin(name: string, ms: number): boolean {
  return ms > 0 && ms <= (MOST_MS.get(name) ?? 0);
}

function advice(missing: Setting[]): string {
  const names = new Set(missing.map(({ name }) => name));
  const commands = Object.entries(SESSION_LIMITS)
    .filter(([name]) => names.has(name))
    .map(([name, text]) => `alter role "${missing[0]?.user}" set ${name} = '${text}';`);
  return `a pooler such as PgBouncer stands before the database, so a session does not keep its limits, and a machine that is cut off could stop all others. Give them to the role: ${commands.join(' ')}`;
}

import { sql } from 'kysely';
import type { Db } from '../db/database.ts';

export type NewMessage = {
  tenantId: number;
  source: string;
  messageId: string;
  headers: object;
  body: Buffer;
};

export type MessageRow = {
  source: string;
  message_id: string;
  received_at: Date;
  times_received: number;
  headers: Record<string, string>;
  body: Buffer;
};

/** Milliseconds since 1970 by the database's clock: ours may be off, and would refuse new signatures. */
export async function databaseNow(db: Db): Promise<number> {
  const { rows } = await sql<{ now: Date }>`select clock_timestamp() as now`.execute(db);
  return rows[0]?.now.getTime() ?? 0;
}

/** Stores a verified message; a repeated one (same id) is only counted. */
export async function keepMessage(db: Db, message: NewMessage): Promise<void> {
  const { tenantId, source, messageId, headers, body } = message;
  await sql`
    insert into inbox_sources (tenant_id, name) values (${tenantId}, ${source}) on conflict do nothing`.execute(
    db,
  );
  await sql`
    insert into inbox_messages (tenant_id, source, message_id, headers, body)
    values (${tenantId}, ${source}, ${messageId}, ${JSON.stringify(headers)}, ${body})
    on conflict (tenant_id, source, message_id) do update
      set times_received = inbox_messages.times_received + 1`.execute(db);
}

const COLUMNS = sql`source, message_id, received_at, times_received, headers`;
const MESSAGE = sql`${COLUMNS}, body`;
const WITHOUT_BODY = sql`${COLUMNS}, ''::bytea as body`;

export async function findMessage(
  db: Db,
  { tenantId, source, messageId }: Pick<NewMessage, 'tenantId' | 'source' | 'messageId'>,
): Promise<MessageRow | undefined> {
  const { rows } = await sql<MessageRow>`
    select ${MESSAGE} from inbox_messages
    where tenant_id = ${tenantId} and source = ${source} and message_id = ${messageId}`.execute(db);
  return rows[0];
}

/**
 * Newest first.
 * @param before the last message of the previous page: time, source, id
 * @param bodies false: they are left out, and not read
 */
export async function listMessages(
  db: Db,
  {
    tenantId,
    limit,
    before,
    bodies,
  }: {
    tenantId: number;
    limit: number;
    before: [string, string, string] | undefined;
    bodies: boolean;
  },
): Promise<MessageRow[]> {
  const [at, source, id] = before ?? ['infinity', '', ''];
  const { rows } = await sql<MessageRow>`
    select ${bodies ? MESSAGE : WITHOUT_BODY} from inbox_messages
    where tenant_id = ${tenantId}
      and (date_trunc('milliseconds', received_at), source, message_id) < (${at}::timestamptz, ${source}, ${id})
    order by date_trunc('milliseconds', received_at) desc, source desc, message_id desc
    limit ${limit}`.execute(db);
  return rows;
}

const MOST_COUNTED = 10_000;

/** Up to 10,000. */
export async function countMessages(db: Db, tenantId: number): Promise<number> {
  const { rows } = await sql<{ messages: number }>`
    select count(*) as messages from (
      select from inbox_messages where tenant_id = ${tenantId} limit ${MOST_COUNTED}) counted`.execute(db);
  return rows[0]?.messages ?? 0;
}

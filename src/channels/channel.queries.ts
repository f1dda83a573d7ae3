import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { BUILTIN_CHANNELS } from './builtin.ts';
import type { Channel } from './rule.ts';
import { readChannel, type StoredChannel } from './stored.ts';

/** The built-in channels, then the tenant's own by name. */
export async function listChannels(db: Db, tenantId: number): Promise<Channel[]> {
  const { rows } = await sql<StoredChannel>`
    select name, title, rules from channels where tenant_id = ${tenantId} order by name`.execute(db);
  return [...BUILTIN_CHANNELS, ...rows.map(readChannel)];
}

/** @throws Problem `not_found` that lists the existing channels */
export async function getChannel(db: Db, tenantId: number, name: string): Promise<Channel> {
  const channels = await listChannels(db, tenantId);
  const found = channels.find((channel) => channel.name === name);
  if (found) return found;
  throw new Problem('not_found', { detail: noSuchChannel(name, channels) });
}

export function noSuchChannel(name: string, channels: readonly Channel[]): string {
  return `There is no channel "${name}". There are: ${channels.map((channel) => channel.name).join(', ')}.`;
}

/** Adds or replaces a channel. @throws Problem `conflict` for a built-in one */
export async function putChannel(db: Db, tenantId: number, channel: Channel): Promise<void> {
  refuseBuiltin(channel.name);
  await sql`
    insert into channels (tenant_id, name, title, rules)
    values (${tenantId}, ${channel.name}, ${channel.title}, ${JSON.stringify(channel.rules)})
    on conflict (tenant_id, name) do update
      set title = excluded.title, rules = excluded.rules, updated_at = now()`.execute(db);
}

/** @throws Problem `not_found`, `conflict` */
export async function deleteChannel(db: Db, tenantId: number, name: string): Promise<void> {
  refuseBuiltin(name);
  const { numAffectedRows } = await sql`
    delete from channels where tenant_id = ${tenantId} and name = ${name}`.execute(db);
  if (!numAffectedRows) throw new Problem('not_found', { detail: `There is no channel "${name}".` });
}

function refuseBuiltin(name: string): void {
  if (BUILTIN_CHANNELS.some((channel) => channel.name === name))
    throw new Problem('conflict', {
      detail: `"${name}" is a built-in channel, which cannot be changed or removed. Save your own under another name.`,
    });
}

/** Deletes one's own channels of a tenant. */
export async function deleteChannelsOf(db: Db, tenantId: number): Promise<void> {
  await sql`delete from channels where tenant_id = ${tenantId}`.execute(db);
}

import { basename, extname } from 'node:path';
import { auditedCommand } from '../access/audit.ts';
import { DEFAULT_TENANT } from '../access/tenants.ts';
import { BUILTIN_CHANNELS } from '../channels/builtin.ts';
import { channelBody } from '../channels/channel.body.ts';
import { deleteChannel, getChannel, listChannels, putChannel } from '../channels/channel.queries.ts';
import { checkChannel } from '../channels/check.ts';
import type { Channel } from '../channels/rule.ts';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { withDatabase } from './database.ts';
import { EXIT, plural, say, table } from './output.ts';
import { readJson } from './readable.ts';

/** `minilab channels`: lists channels with the numbers of their rules. */
export function showChannels(): Promise<number> {
  return withDatabase('channels', async (db) => {
    const channels = await listChannels(db, DEFAULT_TENANT);
    const rows = channels.map((channel) => [
      channel.name,
      BUILTIN_CHANNELS.includes(channel) ? 'built in' : 'your own',
      channel.title,
      plural(channel.rules.length, 'rule'),
    ]);
    process.stdout.write(`${table([['CHANNEL', '', 'TITLE', 'RULES'], ...rows], process.stdout)}\n`);
    return EXIT.ok;
  });
}

/** `minilab channels show NAME`: prints a channel as JSON, with the source of each rule. */
export function showChannel(name: string): Promise<number> {
  return withDatabase('channels', async (db) => {
    const { title, rules } = channelBody(await getChannel(db, DEFAULT_TENANT, name));
    process.stdout.write(`${JSON.stringify({ title, rules }, null, 2)}\n`);
    return EXIT.ok;
  });
}

/** `minilab channels add FILE.json [--name NAME]`: saves or replaces a channel. Its default name is that of the file. */
export async function addChannel(file: string, options: { name?: string }): Promise<number> {
  const channel = await readChannelFile(file, options.name);
  return withDatabase('channels', async (db) => {
    const action = { tenantId: DEFAULT_TENANT, action: 'channel.put' } as const;
    const put = (trx: Db): Promise<void> => putChannel(trx, DEFAULT_TENANT, channel);
    await auditedCommand(db, action, put, () => ({ objectId: channel.name }));
    say(`${channel.name}: ${plural(channel.rules.length, 'rule')}.`);
    return EXIT.ok;
  });
}

/** `minilab channels remove NAME` */
export function removeChannel(name: string): Promise<number> {
  return withDatabase('channels', async (db) => {
    const action = { tenantId: DEFAULT_TENANT, action: 'channel.delete' } as const;
    const remove = (trx: Db): Promise<void> => deleteChannel(trx, DEFAULT_TENANT, name);
    await auditedCommand(db, action, remove, () => ({ objectId: name }));
    return EXIT.ok;
  });
}

/**
 * Finds the channels of a list such as `google,mine.json`: built-in ones, files, else those of the configured database.
 * @throws Problem
 */
export async function findChannels(list: string): Promise<Channel[]> {
  const names = list.split(',').map((name) => name.trim());
  const channels: Channel[] = [];
  for (const name of new Set(names.filter((one) => one !== ''))) channels.push(await findChannel(name));
  if (channels.length > 0) return channels;
  throw new Problem('bad_request', { detail: 'Name at least one channel, such as google,amazon.' });
}

async function findChannel(name: string): Promise<Channel> {
  const builtin = BUILTIN_CHANNELS.find((channel) => channel.name === name);
  if (builtin) return builtin;
  if (name.endsWith('.json')) return readChannelFile(name);
  return withDatabase('channels', (db) => getChannel(db, DEFAULT_TENANT, name));
}

/** @throws Problem `file_unreadable`, `channel_invalid` */
async function readChannelFile(file: string, name: string = basename(file, extname(file))): Promise<Channel> {
  return checkChannel(name, await readJson(file, 'a channel in JSON', 'channel_invalid'));
}

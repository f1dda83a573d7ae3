import { auditedCommand } from '../access/audit.ts';
import { DEFAULT_TENANT } from '../access/tenants.ts';
import { readConfig } from '../config.ts';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { createGuard } from '../net/guard.ts';
import { listShared, setShared, type SharedRow, unsetShared } from '../settings/shared.queries.ts';
import {
  effectOf,
  isOfOneMachine,
  isSecretName,
  isSharedName,
  SHARED_NAMES,
  type SharedName,
} from '../settings/shared-settings.ts';
import { checkEndpoint, configureEndpoint, moveEndpoint } from '../webhooks/endpoints.ts';
import { isSecret, newSecret } from '../webhooks/signing.ts';
import { withDatabase } from './database.ts';
import { EXIT, printJson, say, table } from './output.ts';

/** `minilab settings`: what all processes of the database share, by whom and since when. Of secrets, fingerprints. */
export function showSettings({ json }: { json: boolean }): Promise<number> {
  return withDatabase('settings', async (db) => {
    const rows = await listShared(db);
    if (json) printJson({ items: rows.map(bodyOf) });
    else if (rows.length === 0) say('No settings are shared so far.');
    else process.stdout.write(`${table([HEAD, ...rows.map(cells)], process.stdout)}\n`);
    return EXIT.ok;
  });
}

const HEAD = ['NAME', 'VALUE', 'SET AT', 'SET BY'];

function cells({ name, value, set_at, set_by }: SharedRow): string[] {
  const shown = isSecretName(name) ? `(fingerprint ${value})` : value;
  return [name, shown, `${set_at.toISOString().slice(0, 19)}Z`, set_by];
}

function bodyOf({ name, value, set_at, set_by }: SharedRow): object {
  const what = isSecretName(name) ? { fingerprint: value } : { value };
  return { name, ...what, set_at: set_at.toISOString(), set_by };
}

/** `minilab settings set NAME [VALUE]`: without VALUE, what the environment of this command has. */
export async function setSetting(given: string, text: string | undefined): Promise<number> {
  const name = sharedName(given);
  const value = parse(name, textOf(name, text));
  if (name === 'WEBHOOK_URL') await checkReceiver(value);
  return withDatabase('settings', async (db) => {
    const action = { tenantId: DEFAULT_TENANT, action: 'setting.set' } as const;
    const store = (trx: Db): Promise<void> => storeSetting(trx, name, value);
    await auditedCommand(db, action, store, () => ({ objectId: name }));
    const shown = isSecretName(name) ? `the one with the fingerprint ${value}` : value;
    say(`${name} is ${shown} for all processes of this database. Those that run now: ${effectOf(name)}.`);
    return EXIT.ok;
  });
}

/** `minilab settings unset NAME`: each process has its own again, until one starts that says it. */
export async function unsetSetting(given: string): Promise<number> {
  const name = sharedName(given);
  return withDatabase('settings', async (db) => {
    const action = { tenantId: DEFAULT_TENANT, action: 'setting.unset' } as const;
    const remove = async (trx: Db): Promise<boolean> => {
      const isRemoved = await unsetShared(trx, name);
      if (isRemoved && name === 'WEBHOOK_URL') await configureEndpoint(trx, DEFAULT_TENANT, undefined);
      return isRemoved;
    };
    const wasThere = await auditedCommand(db, action, remove, () => ({ objectId: name }));
    say(
      wasThere
        ? `${name} is not shared any more: the next process that starts and says it decides. ${withoutIt(name)}`
        : `${name} was not shared.`,
    );
    return EXIT.ok;
  });
}

/** What becomes of a setting that is shared no longer. */
function withoutIt(name: SharedName): string {
  if (name === 'WEBHOOK_URL') return 'Its endpoint is disabled.';
  if (name === 'HOST_CONCURRENCY') return 'Those that run now use their own from now on.';
  return 'Those that run now have to be restarted.';
}

function sharedName(name: string): SharedName {
  if (isSharedName(name)) return name;
  throw refused(`"${name}" is no shared setting. Shared are ${SHARED_NAMES.join(', ')}.`);
}

function textOf(name: SharedName, given: string | undefined): string {
  if (given !== undefined && isSecretName(name))
    throw refused(
      `Others on this machine can read a command line: leave the secret out, and set ${name} in the environment of minilab settings set ${name}. Only its fingerprint is stored.`,
    );
  const text = given ?? process.env[name]?.trim() ?? '';
  if (text !== '') return text;
  throw refused(`Say its value: minilab settings set ${name} VALUE, or set ${name} in the environment.`);
}

/** @returns the value as it is shared @throws Problem `bad_settings`, `bad_request` */
function parse(name: SharedName, text: string): string {
  const value = readConfig({ ...companionsOf(name), [name]: text }).said[name];
  if (value === undefined)
    throw refused(`${name} is not valid: it must be whsec_ and 24 to 64 bytes in base64.`);
  if (isOfOneMachine(name, value))
    throw refused(`${name} is ${value}, which is another place on each machine, and cannot be shared.`);
  return value;
}

/** What a setting cannot be read without. */
function companionsOf(name: SharedName): Record<string, string> {
  if (name === 'WEBHOOK_URL') return { WEBHOOK_SECRET: newSecret() };
  return name.startsWith('S3_') ? { STORAGE_URL: 's3://bucket' } : {};
}

/** @throws Problem `bad_settings`, if this machine's guard denies it */
async function checkReceiver(url: string): Promise<void> {
  const guard = createGuard(readConfig());
  checkEndpoint({ url, secret: '' }, guard);
  await guard.close();
}

async function storeSetting(trx: Db, name: SharedName, value: string): Promise<void> {
  await setShared(trx, { [name]: value }, `minilab settings on ${readConfig().machineName}`);
  if (name !== 'WEBHOOK_URL' || (await moveEndpoint(trx, DEFAULT_TENANT, value))) return;
  const secret = process.env['WEBHOOK_SECRET']?.trim() ?? '';
  if (isSecret(secret)) await configureEndpoint(trx, DEFAULT_TENANT, { url: value, secret });
  else say('WEBHOOK_URL is used from the next start of a process that has WEBHOOK_SECRET.');
}

function refused(detail: string): Problem {
  return new Problem('bad_request', { detail });
}

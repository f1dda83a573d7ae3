/** How a process joins the others on its database: it claims what nobody has said so far, and takes the rest. */
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { listShared, lockShared, setShared, type SharedRow, valuesOf } from './shared.queries.ts';
import {
  isOfOneMachine,
  isSecretName,
  isSharedName,
  type SharedName,
  type SharedValues,
} from './shared-settings.ts';

/** Of a Config, what joining needs. */
export type Sharing<C> = {
  /** MACHINE_NAME */
  machineName?: string;
  said: SharedValues;
  withShared(values: { under?: SharedValues; over?: SharedValues }): C;
};

/** A setting that a process says in another way than the database. */
export type Difference = { name: SharedName; here: string; row: SharedRow | undefined };

/**
 * What all processes of a database share.
 * @throws Problem `bad_settings`, if this process says something else
 */
export async function readShared<C extends Sharing<C>>(db: Db, config: C): Promise<SharedValues> {
  const rows = await listShared(db);
  refuseDifferences(config, rows);
  return valuesOf(rows);
}

/**
 * What a process is the first to say becomes shared, except what means its machine only.
 * @param config as it was read, without shared settings
 * @returns what was claimed
 * @throws Problem `bad_settings`, if another process said something else meanwhile: nothing is claimed then
 */
export async function claimShared<C extends Sharing<C>>(db: Db, config: C): Promise<SharedValues> {
  const found = await listShared(db);
  refuseDifferences(config, found);
  if (Object.keys(unclaimedOf(config, found)).length === 0) return {};
  return db.transaction().execute(async (trx) => {
    await lockShared(trx);
    const rows = await listShared(trx);
    refuseDifferences(config, rows);
    const claimed = unclaimedOf(config, rows);
    await setShared(trx, claimed, `process ${process.pid} on ${config.machineName}`);
    return claimed;
  });
}

/** The settings with shared ones where a process says nothing. */
export function withGapsFilled<C extends Sharing<C>>(config: C, values: SharedValues): C {
  return config.withShared({ under: values });
}

/** What a process says and the database does not: whoever says it first decides. */
function unclaimedOf<C extends Sharing<C>>(config: C, rows: readonly SharedRow[]): SharedValues {
  const shared = valuesOf(rows);
  const claimed = Object.entries(withGapsFilled(config, shared).said).filter(
    ([name, value]) => isSharedName(name) && shared[name] === undefined && !isOfOneMachine(name, value),
  );
  return Object.fromEntries(claimed);
}

export function differencesOf<C extends Sharing<C>>(config: C, rows: readonly SharedRow[]): Difference[] {
  const byName = new Map(rows.map((row) => [row.name, row]));
  return Object.entries(withGapsFilled(config, valuesOf(rows)).said).flatMap(([name, here]) => {
    if (!isSharedName(name)) return [];
    const row = byName.get(name);
    // A bucket without an endpoint is at AWS: whoever adds an endpoint later means another store.
    const isSilent = row === undefined && !(name === 'S3_ENDPOINT' && byName.has('STORAGE_URL'));
    return isSilent || row?.value === here ? [] : [{ name, here, row }];
  });
}

function refuseDifferences<C extends Sharing<C>>(config: C, rows: readonly SharedRow[]): void {
  const differences = differencesOf(config, rows);
  if (differences.length > 0) throw new Problem('bad_settings', { detail: differenceSentence(differences) });
}

/** One sentence about all differences, and what to do. It ends up in logs: it has no secret, also none in a URL. */
export function differenceSentence(differences: readonly Difference[]): string {
  const each = differences.map(({ name, here, row }) => {
    const there = row ? `${shown(name, row.value)} (set by ${row.set_by})` : 'not set';
    return `${name} is ${shown(name, here)}, but ${there} for all processes of this database`;
  });
  const commands = differences.map(({ name }) => `minilab settings set ${name}`);
  return `${each.join('; ')}: leave ${differences.length > 1 ? 'them' : 'it'} out here to take what all have, or make what is set here that of all with ${commands.join(' and ')}.`;
}

function shown(name: SharedName, value: string): string {
  if (isSecretName(name)) return `one with the fingerprint ${value}`;
  if (name === 'WEBHOOK_URL') return `one at ${new URL(value).host}`;
  return value;
}

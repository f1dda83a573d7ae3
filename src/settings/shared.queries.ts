import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { isSharedName, type SharedName, type SharedValues } from './shared-settings.ts';

/** A row of `settings`. */
export type SharedRow = { name: SharedName; value: string; set_by: string; set_at: Date };

/** The shared settings by name. Those of later versions are left out. */
export async function listShared(db: Db): Promise<SharedRow[]> {
  const { rows } = await sql<Omit<SharedRow, 'name'> & { name: string }>`
    select name, value, set_by, set_at from settings order by name`.execute(db);
  return rows.filter((row): row is SharedRow => isSharedName(row.name));
}

export function valuesOf(rows: readonly SharedRow[]): SharedValues {
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}

/** Lets the processes that start at the same time claim settings one after another; reading goes on. */
export async function lockShared(trx: Db): Promise<void> {
  await sql`lock table settings in share row exclusive mode`.execute(trx);
}

export async function setShared(db: Db, values: SharedValues, setBy: string): Promise<void> {
  for (const [name, value] of Object.entries(values))
    await sql`
      insert into settings (name, value, set_by) values (${name}, ${value}, ${setBy})
      on conflict (name) do update set value = excluded.value, set_by = excluded.set_by, set_at = now()`.execute(
      db,
    );
}

/** @returns whether there was one */
export async function unsetShared(db: Db, name: SharedName): Promise<boolean> {
  const { numAffectedRows } = await sql`delete from settings where name = ${name}`.execute(db);
  return numAffectedRows === 1n;
}

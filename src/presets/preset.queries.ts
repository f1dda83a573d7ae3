import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { BUILTIN_PRESETS } from './builtin.ts';
import type { Preset } from './spec.ts';
import { readPreset, type StoredPreset } from './stored.ts';

/** The built-in presets, then the tenant's own by name. */
export async function listPresets(db: Db, tenantId: number): Promise<Preset[]> {
  const { rows } = await sql<StoredPreset>`
    select name, description, renditions from presets where tenant_id = ${tenantId} order by name`.execute(
    db,
  );
  return [...BUILTIN_PRESETS, ...rows.map(readPreset)];
}

/** @throws Problem `not_found` that lists the existing presets */
export async function getPreset(db: Db, tenantId: number, name: string): Promise<Preset> {
  const presets = await listPresets(db, tenantId);
  const found = presets.find((preset) => preset.name === name);
  if (found) return found;
  throw new Problem('not_found', { detail: noSuchPreset(name, presets) });
}

export function noSuchPreset(name: string, presets: readonly Preset[]): string {
  return `There is no preset "${name}". There are: ${presets.map((preset) => preset.name).join(', ')}.`;
}

/** Adds or replaces a preset; accepted batches keep what it was. @throws Problem `conflict` for a built-in one */
export async function putPreset(db: Db, tenantId: number, preset: Preset): Promise<void> {
  refuseBuiltin(preset.name);
  await sql`
    insert into presets (tenant_id, name, description, renditions)
    values (${tenantId}, ${preset.name}, ${preset.description}, ${JSON.stringify(preset.renditions)})
    on conflict (tenant_id, name) do update
      set description = excluded.description, renditions = excluded.renditions, updated_at = now()`.execute(
    db,
  );
}

/** @throws Problem `not_found`, `conflict` */
export async function deletePreset(db: Db, tenantId: number, name: string): Promise<void> {
  refuseBuiltin(name);
  const { numAffectedRows } = await sql`
    delete from presets where tenant_id = ${tenantId} and name = ${name}`.execute(db);
  if (!numAffectedRows) throw new Problem('not_found', { detail: `There is no preset "${name}".` });
}

function refuseBuiltin(name: string): void {
  if (BUILTIN_PRESETS.some((preset) => preset.name === name))
    throw new Problem('conflict', {
      detail: `"${name}" is a built-in preset and cannot be changed: choose another name.`,
    });
}

/** Deletes one's own presets of a tenant. */
export async function deletePresetsOf(db: Db, tenantId: number): Promise<void> {
  await sql`delete from presets where tenant_id = ${tenantId}`.execute(db);
}

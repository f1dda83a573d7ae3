import { basename, extname } from 'node:path';
import { auditedCommand } from '../access/audit.ts';
import { DEFAULT_TENANT } from '../access/tenants.ts';
import type { Db } from '../db/database.ts';
import { BUILTIN_PRESETS } from '../presets/builtin.ts';
import { checkPreset } from '../presets/check.ts';
import { deletePreset, getPreset, listPresets, putPreset } from '../presets/preset.queries.ts';
import type { Preset, RenditionSpec } from '../presets/spec.ts';
import { withDatabase } from './database.ts';
import { EXIT, say, table } from './output.ts';
import { readJson } from './readable.ts';

/** `minilab presets`: lists presets with their renditions. */
export function showPresets(): Promise<number> {
  return withDatabase('presets', async (db) => {
    const presets = await listPresets(db, DEFAULT_TENANT);
    const rows = presets.map((preset) => [
      preset.name,
      BUILTIN_PRESETS.includes(preset) ? 'built in' : 'your own',
      preset.renditions.map(inWords).join('; '),
    ]);
    process.stdout.write(`${table([['PRESET', '', 'RENDITIONS'], ...rows], process.stdout)}\n`);
    return EXIT.ok;
  });
}

function inWords(spec: RenditionSpec): string {
  const { name, fit, width, height, format, quality } = spec;
  const box =
    width === null && height === null ? 'as large as the source' : `${fit} ${width ?? '…'}x${height ?? '…'}`;
  return `${name} ${box} ${format}${quality === null ? '' : ` q${quality}`}`;
}

/** `minilab presets show NAME`: prints a preset as JSON, with all defaults. */
export function showPreset(name: string): Promise<number> {
  return withDatabase('presets', async (db) => {
    const { description, renditions } = await getPreset(db, DEFAULT_TENANT, name);
    process.stdout.write(`${JSON.stringify({ description, renditions }, null, 2)}\n`);
    return EXIT.ok;
  });
}

/** `minilab presets add FILE.json [--name NAME]`: saves or replaces a preset. Its default name is that of the file. */
export async function addPreset(file: string, options: { name?: string }): Promise<number> {
  const preset = await readPresetFile(file, options.name);
  return withDatabase('presets', async (db) => {
    const action = { tenantId: DEFAULT_TENANT, action: 'preset.put' } as const;
    const put = (trx: Db): Promise<void> => putPreset(trx, DEFAULT_TENANT, preset);
    await auditedCommand(db, action, put, () => ({ objectId: preset.name }));
    say(`${preset.name}: ${preset.renditions.map(inWords).join('; ')}.`);
    return EXIT.ok;
  });
}

/** `minilab presets remove NAME` */
export function removePreset(name: string): Promise<number> {
  return withDatabase('presets', async (db) => {
    const action = { tenantId: DEFAULT_TENANT, action: 'preset.delete' } as const;
    const remove = (trx: Db): Promise<void> => deletePreset(trx, DEFAULT_TENANT, name);
    await auditedCommand(db, action, remove, () => ({ objectId: name }));
    return EXIT.ok;
  });
}

/** @throws Problem `file_unreadable`, `preset_invalid` */
export async function readPresetFile(
  file: string,
  name: string = basename(file, extname(file)),
): Promise<Preset> {
  return checkPreset(name, await readJson(file, 'a preset in JSON', 'preset_invalid'));
}

/** Finds a preset by its name: a built-in one, a file if it ends with .json, else one in the configured database. */
export async function findPreset(name: string): Promise<Preset> {
  const builtin = BUILTIN_PRESETS.find((preset) => preset.name === name);
  if (builtin) return builtin;
  if (name.endsWith('.json')) return readPresetFile(name);
  return withDatabase('presets', (db) => getPreset(db, DEFAULT_TENANT, name));
}

import { Value } from 'typebox/value';
import { parseNameTemplate } from '../presets/name-template.ts';
import { Problem } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { DEFAULT_PRESET } from '../presets/builtin.ts';
import { noSuchPreset } from '../presets/preset.queries.ts';
import type { Preset } from '../presets/spec.ts';
import { inWords, schemaErrors } from '../schema-words.ts';
import { parseDuration } from '../webhooks/schedule.ts';
import { ColumnMapping } from '../csv/header/columns.ts';
import { isCharset } from '../csv/decode.ts';
import type { PreviewOptions, UploadOptions } from './option-schemas.ts';

/** @throws Problem `bad_request` that names what is not an option, and what is wrong with one */
export function readOptions(
  all: Record<string, unknown>,
  schema: typeof UploadOptions | typeof PreviewOptions,
): PreviewOptions {
  const fields = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')); // forms send empty fields
  const known = Object.keys(schema.properties);
  const unknown = Object.keys(fields).filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw badOption(
      `Unknown option: ${unknown.map((name) => asMeant(name, known)).join(', ')}. This version takes ${known.join(', ')}.`,
    );
  const withNul = Object.keys(fields).find((name) => String(fields[name]).includes('\0'));
  if (withNul !== undefined) throw badOption(`The option ${withNul} holds a NUL character.`);
  const options = Value.Convert(schema, fields);
  if (Value.Check(schema, options)) {
    if (options.name_template !== undefined) parseNameTemplate(options.name_template); // or it throws
    freshForSOf(options);
    return options;
  }
  const flaws = schemaErrors(schema, options).map(
    (error) => `${error.instancePath.slice(1)}: ${inWords(error)}`,
  );
  throw badOption(`Options are not valid. ${flaws.join(' ')}`);
}

function asMeant(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return meant === undefined ? name : `${name} (did you mean ${meant}?)`;
}

/** How the options want the file to be read. @throws Problem `bad_request` */
export function readingOptions(options: UploadOptions) {
  const { on_invalid, strict, charset, columns, header_line, preset } = options;
  if (charset !== undefined && !isCharset(charset))
    throw badOption(
      `charset "${charset}" is not known; windows-1252, iso-8859-1 and shift_jis are examples.`,
    );
  return {
    onInvalid: on_invalid,
    warningsAre: strict ? ('errors' as const) : undefined,
    charset,
    headerLine: header_line,
    presetName: preset ?? DEFAULT_PRESET,
    mapping: columns === undefined || columns === '' ? undefined : parseMapping(columns),
  };
}

export type ReadingOptions = ReturnType<typeof readingOptions>;

/** @param text JSON of a ColumnMapping @throws Problem `bad_request` */
function parseMapping(text: string): ColumnMapping {
  const mapping = parsedJson(text);
  if (Value.Check(ColumnMapping, mapping)) return mapping;
  throw badOption(
    `columns must be JSON such as {"images": "Foto", "sku": "Art.-Nr."}; it may name ${Object.keys(ColumnMapping.properties).join(', ')}.`,
  );
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const LONGEST_FRESH_MS = 366 * 24 * 3_600_000;

/** In seconds. @throws Problem `bad_request` */
export function freshForSOf({ fresh_for }: UploadOptions): number | null {
  if (fresh_for === undefined) return null;
  const ms = parseDuration(fresh_for);
  if (ms === undefined || ms > LONGEST_FRESH_MS)
    throw badOption(
      `fresh_for "${fresh_for}" is not a duration such as 90m, 12h or 604800, of a year at the most.`,
    );
  return Math.floor(ms / 1000);
}

/** @throws Problem `bad_request` */
export function presetOf(
  { preset: name = DEFAULT_PRESET }: UploadOptions,
  presets: readonly Preset[],
): Preset {
  const found = presets.find((preset) => preset.name === name);
  if (found) return found;
  throw badOption(noSuchPreset(name, presets));
}

function badOption(detail: string): Problem {
  return new Problem('bad_request', { detail });
}

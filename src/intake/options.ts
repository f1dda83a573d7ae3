import { Value } from 'typebox/value';
import { parseNameTemplate } from '../presets/name-template.ts';
import { type PointedFlaw, Problem } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { DEFAULT_PRESET } from '../presets/builtin.ts';
import { noSuchPreset } from '../presets/preset.queries.ts';
import type { Preset } from '../presets/spec.ts';
import { inWords, schemaErrors } from '../schema-words.ts';
import { DAY_MS, parseDuration } from '../units.ts';
import { ColumnMapping } from '../csv/header/columns.ts';
import { isCharset } from '../csv/decode.ts';
import type { OptionsSchema, PreviewOptions, UploadOptions } from './option-schemas.ts';
import type { BatchPresets } from './recipe-numbers.ts';

/**
 * Reads the options of an upload from the fields of a form, from the query, or from flags.
 * @throws Problem `bad_request` with everything that is wrong with them
 */
export function readOptions(all: Record<string, unknown>, schema: OptionsSchema): PreviewOptions {
  const fields = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')); // forms send fields that were left empty
  const allowed = Object.keys(schema.properties);
  const unknown = Object.keys(fields).filter((name) => !allowed.includes(name));
  const options = Value.Convert(schema, fields) as PreviewOptions;
  const wrong = schemaErrors(schema, options).filter(({ keyword }) => keyword !== 'additionalProperties');
  const unusable = unusableOptions(options);
  const sentences = [
    ...(unknown.length > 0
      ? [
          `Unknown option: ${unknown.map((name) => withSuggestion(name, allowed)).join(', ')}. This version accepts ${allowed.join(', ')}.`,
        ]
      : []),
    ...(wrong.length > 0 ? ['Options are not valid.'] : []),
    ...wrong.map((error) => `${error.instancePath.slice(1)}: ${inWords(error)}`),
    ...unusable.map(({ detail }) => detail),
  ];
  if (sentences.length === 0) return options;
  const flaws = [
    ...unknown.map((name) =>
      optionFlaw(name, 'unknown_name', `Unknown option: ${withSuggestion(name, allowed)}.`),
    ),
    ...wrong.map((error) => optionFlaw(error.instancePath.slice(1), 'invalid_value', inWords(error))),
    ...unusable,
  ];
  throw new Problem('bad_request', { detail: sentences.join(' '), flaws });
}

function optionFlaw(name: string, code: string, detail: string): PointedFlaw {
  return { at: `options.${name}`, code, detail };
}

/** What the schema cannot find. */
function unusableOptions(options: PreviewOptions): PointedFlaw[] {
  const withNul = Object.entries(options).filter(([, value]) => String(value).includes('\0'));
  const checks: Partial<Record<keyof PreviewOptions, (text: string) => unknown>> = {
    name_template: parseNameTemplate,
    fresh_for: () => freshForSOf(options),
    charset: checkCharset,
    columns: parseMapping,
  };
  return [
    ...withNul.map(([name]) =>
      optionFlaw(name, 'invalid_value', `The option ${name} contains a NUL character.`),
    ),
    ...Object.entries(checks).flatMap(([name, check]) => {
      const value = options[name as keyof PreviewOptions];
      const problem = typeof value === 'string' ? problemOf(() => check(value)) : undefined;
      return problem ? [optionFlaw(name, 'invalid_value', problem.message)] : [];
    }),
  ];
}

function problemOf(act: () => unknown): Problem | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

function withSuggestion(name: string, allowed: readonly string[]): string {
  const similar = nearest(name, allowed);
  return similar === undefined ? name : `${name} (did you mean ${similar}?)`;
}

/** The options that decide how the file is read. @param options of readOptions */
export function readingOptions(options: PreviewOptions) {
  const { on_invalid, strict, charset, columns, header_line, sheet, preset, main_preset, partial } = options;
  const { picture_names } = options;
  return {
    onInvalid: on_invalid,
    warningsAre: strict ? ('errors' as const) : undefined,
    charset,
    isPartial: partial,
    headerLine: header_line,
    sheet,
    pictureNames: picture_names,
    presetName: preset ?? DEFAULT_PRESET,
    mainPresetName: main_preset,
    mapping: columns === undefined || columns === '' ? undefined : parseMapping(columns),
  };
}

export type ReadingOptions = ReturnType<typeof readingOptions>;

/** @throws Problem `bad_request` */
function checkCharset(charset: string): void {
  if (isCharset(charset)) return;
  throw badOption(
    `charset "${charset}" is not a known encoding; examples are windows-1252, iso-8859-1 and shift_jis.`,
  );
}

/** @param text JSON of a ColumnMapping @throws Problem `bad_request` */
function parseMapping(text: string): ColumnMapping {
  const mapping = parsedJson(text);
  if (Value.Check(ColumnMapping, mapping)) return mapping;
  throw badOption(
    `columns must be JSON such as {"images": "Foto", "sku": "Art.-Nr."}; its keys may be ${Object.keys(ColumnMapping.properties).join(', ')}.`,
  );
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const LONGEST_FRESH_MS = 366 * DAY_MS;

/** The option fresh_for in seconds; null if it is left out. @throws Problem `bad_request` */
export function freshForSOf({ fresh_for }: UploadOptions): number | null {
  if (fresh_for === undefined) return null;
  const ms = parseDuration(fresh_for);
  if (ms === undefined || ms > LONGEST_FRESH_MS)
    throw badOption(
      `fresh_for "${fresh_for}" is not a duration of at most a year, such as 90m, 12h or 604800.`,
    );
  return Math.floor(ms / 1000);
}

/** The presets that an upload chooses. @throws Problem `bad_request` */
export function presetsOf(
  { preset = DEFAULT_PRESET, main_preset }: Pick<UploadOptions, 'preset' | 'main_preset'>,
  presets: readonly Preset[],
): BatchPresets {
  return {
    preset: presetNamed(preset, presets),
    mainPreset: main_preset === undefined ? undefined : presetNamed(main_preset, presets),
  };
}

function presetNamed(name: string, presets: readonly Preset[]): Preset {
  const found = presets.find((preset) => preset.name === name);
  if (found) return found;
  throw badOption(noSuchPreset(name, presets));
}

function badOption(detail: string): Problem {
  return new Problem('bad_request', { detail });
}

import { createHash } from 'node:crypto';
import { type Static, Type } from 'typebox';
import { Value } from 'typebox/value';
import { parseNameTemplate } from '../presets/name-template.ts';
import { Problem } from '../errors.ts';
import { nearest } from '../nearest.ts';
import { DEFAULT_PRESET } from '../presets/builtin.ts';
import { noSuchPreset } from '../presets/preset.queries.ts';
import type { Preset } from '../presets/spec.ts';
import { inWords, schemaErrors } from '../schema-words.ts';
import { DAY_MS, parseDuration } from '../units.ts';
import { ColumnMapping } from '../csv/header/columns.ts';
import { isCharset } from '../csv/decode.ts';

/** What may be said with an upload, as fields of the form or in the query. */
export const UploadOptions = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        maxLength: 200,
        description: 'Name of the batch; the name of the file if it is left out',
      }),
    ),
    preset: Type.Optional(
      Type.String({ maxLength: 64, description: 'Which renditions to make', default: DEFAULT_PRESET }),
    ),
    callback_url: Type.Optional(
      Type.String({
        maxLength: 2000,
        description: 'Gets a signed webhook when the batch ends, instead of WEBHOOK_URL',
      }),
    ),
    on_invalid: Type.Optional(
      Type.Enum(['reject', 'skip'], {
        description:
          'Whether a row with an error refuses the upload (the default), or is kept as a failed row while the others are worked on',
      }),
    ),
    strict: Type.Optional(Type.Boolean({ description: 'Warnings are errors' })),
    charset: Type.Optional(
      Type.String({
        maxLength: 40,
        description: 'Encoding of a file that is neither UTF-8 nor UTF-16 with a BOM, such as windows-1252',
      }),
    ),
    name_template: Type.Optional(
      Type.String({
        maxLength: 200,
        description:
          'Names of the files, in output URLs and in the ZIP: {sku}, {name}, {position}, {rendition}, {hash16}, {ext}',
      }),
    ),
    force: Type.Optional(
      Type.Boolean({ description: 'Everything is fetched and made again, also what has not changed' }),
    ),
    fresh_for: Type.Optional(
      Type.String({
        maxLength: 20,
        description:
          'How long a source that was fetched is not asked for again, whatever its host says: 90m, 12h, 604800 (seconds)',
      }),
    ),
    deadline_hours: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 168,
        default: 24,
        description: 'For how long images are tried again; what has not succeeded then has failed',
      }),
    ),
    header_line: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'The line of the file where its header stands, if it is not found by itself',
      }),
    ),
    columns: Type.Optional(
      Type.String({
        maxLength: 4000,
        description:
          'JSON: which column holds what, where its name does not say it, such as {"images": ["Foto 1", "Foto 2"], "sku": "Art.-Nr.", "width": null}',
      }),
    ),
  },
  { additionalProperties: false },
);
export type UploadOptions = Static<typeof UploadOptions>;

const MAX_PROBES = 100;

/** The same form may be sent to the preview. */
export const PreviewOptions = Type.Object(
  {
    ...UploadOptions.properties,
    probe: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MAX_PROBES,
        description: 'Of how many images the first bytes are asked for, host by host',
      }),
    ),
  },
  { additionalProperties: false },
);
export type PreviewOptions = Static<typeof PreviewOptions>;

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

const LONGEST_FRESH_MS = 366 * DAY_MS;

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

/** Defaults that are hashed as if they had been said, in the order in which versions began to; no more of them. */
const HASHED_DEFAULTS = { preset: DEFAULT_PRESET, deadline_hours: 24 };

/**
 * What makes two uploads the same: the bytes of their files and their options, however they were sent. An
 * option that says its default is as good as none, so that a version with more options finds the same.
 * @param fileSha256 of the file
 */
export function requestSha256(fileSha256: Buffer, options: UploadOptions): Buffer {
  return sha256Of(fileSha256, { ...HASHED_DEFAULTS, ...withoutDefaults(options) });
}

/** All digests that this version or one before it may have kept for a request. */
export function requestDigests(fileSha256: Buffer, options: UploadOptions): Buffer[] {
  const said = withoutDefaults(options);
  const defaults = Object.entries(HASHED_DEFAULTS);
  return [...defaults.keys(), defaults.length].map((count) =>
    sha256Of(fileSha256, { ...Object.fromEntries(defaults.slice(0, count)), ...said }),
  );
}

function withoutDefaults(options: UploadOptions): UploadOptions {
  const isDefault = ([name, value]: [string, unknown]): boolean =>
    value === (UploadOptions.properties[name as keyof UploadOptions] as { default?: unknown }).default;
  return Object.fromEntries(Object.entries(options).filter((option) => !isDefault(option)));
}

function sha256Of(fileSha256: Buffer, options: UploadOptions): Buffer {
  const said = Object.entries(options).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(fileSha256).update(JSON.stringify(said)).digest();
}

function badOption(detail: string): Problem {
  return new Problem('bad_request', { detail });
}

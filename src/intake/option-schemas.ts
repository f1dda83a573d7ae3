import { type Static, Type } from 'typebox';
import { DEFAULT_PRESET } from '../presets/builtin.ts';

export const DEFAULT_DEADLINE_HOURS = 24;

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
        default: DEFAULT_DEADLINE_HOURS,
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

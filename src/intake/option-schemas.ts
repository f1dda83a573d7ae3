import { type Static, Type } from 'typebox';
import { PICTURE_NAMES } from '../archive/picture-names.ts';
import { ON_PLACEHOLDER } from '../pipeline/marks.ts';
import { DEFAULT_PRESET } from '../presets/builtin.ts';

export const DEFAULT_DEADLINE_HOURS = 24;

/** The options of an upload, as fields of the form or in the query. */
export const UploadOptions = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        maxLength: 200,
        description: 'Name of the batch; by default the name of the file',
      }),
    ),
    preset: Type.Optional(
      Type.String({ maxLength: 64, description: 'Which renditions to make', default: DEFAULT_PRESET }),
    ),
    main_preset: Type.Optional(
      Type.String({
        maxLength: 64,
        description:
          'Which renditions to make of the image at position 1 of each product, because marketplaces judge that one most strictly. A preset that a row chooses counts more. Default: `preset`',
      }),
    ),
    apparel: Type.Optional(
      Type.Boolean({
        description:
          'For checks: whether products whose google_product_category does not say it are apparel. Default: unknown',
      }),
    ),
    callback_url: Type.Optional(
      Type.String({
        maxLength: 2000,
        description: 'Receives a signed webhook when the batch ends, instead of WEBHOOK_URL',
      }),
    ),
    on_invalid: Type.Optional(
      Type.Enum(['reject', 'skip'], {
        description:
          'reject (the default): a row with an error refuses the upload. skip: such rows are kept as failed, and the others are processed',
      }),
    ),
    strict: Type.Optional(Type.Boolean({ description: 'Counts warnings as errors' })),
    charset: Type.Optional(
      Type.String({
        maxLength: 40,
        description:
          'Encoding of a file that is neither UTF-8 nor UTF-16 with a byte order mark, such as windows-1252',
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
      Type.Boolean({
        description: 'Downloads all sources and makes all renditions again, even unchanged ones',
      }),
    ),
    fresh_for: Type.Optional(
      Type.String({
        maxLength: 20,
        description:
          'For how long a downloaded source is reused without a request, whatever its host says: 90m, 12h, 604800 (seconds)',
      }),
    ),
    placeholders: Type.Optional(
      Type.Enum([...ON_PLACEHOLDER], {
        default: 'fail',
        description:
          'fail: an image that is or looks like a picture marked as a placeholder (PUT /v1/pictures/{sha256}) fails with placeholder_image. warn: it is made, and says is_placeholder',
      }),
    ),
    deadline_hours: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 168,
        default: DEFAULT_DEADLINE_HOURS,
        description:
          'For how long images are retried; those not completed by then fail with deadline_exceeded',
      }),
    ),
    header_line: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Line number of the header in the file, if it is not found automatically',
      }),
    ),
    sheet: Type.Optional(
      Type.String({
        maxLength: 100,
        description:
          'Of a workbook: the name of the sheet to read, or its number among those that are not hidden. Default: the only one with an image column',
      }),
    ),
    picture_names: Type.Optional(
      Type.Enum([...PICTURE_NAMES], {
        default: 'auto',
        description:
          'Of a ZIP of pictures without a table: what their names mean. sku-number: digits behind the last - or _ are the number of the picture (A-12.jpg is picture 12 of A). sku: a whole name is a SKU (A-12.jpg is the picture of A-12). auto: as the other names show',
      }),
    ),
    columns: Type.Optional(
      Type.String({
        maxLength: 4000,
        description:
          'JSON: which column has which role, where its name does not say so, such as {"images": ["Foto 1", "Foto 2"], "sku": "Art.-Nr.", "width": null}',
      }),
    ),
    upload: Type.Optional(
      Type.String({
        maxLength: 40,
        description: 'Instead of a file: the upload_id of one that POST /v1/uploads has kept',
      }),
    ),
  },
  { additionalProperties: false },
);
export type UploadOptions = Static<typeof UploadOptions>;

const MAX_PROBES = 100;

/** A form for an upload can be sent to the preview unchanged. */
export const PreviewOptions = Type.Object(
  {
    ...UploadOptions.properties,
    probe: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: MAX_PROBES,
        description: 'Of how many images to request the first bytes, taking turns among hosts',
      }),
    ),
    partial: Type.Optional(
      Type.Boolean({
        description:
          'The body is the first part of a file: a row or character that is cut at its end is left out, and is no error',
      }),
    ),
  },
  { additionalProperties: false },
);
export type PreviewOptions = Static<typeof PreviewOptions>;

const { charset, columns, header_line, picture_names, preset, sheet, strict } = UploadOptions.properties;

/** The options that decide which rows of a file have errors. */
export const ReadingQuery = Type.Object(
  { charset, columns, header_line, picture_names, preset, sheet, strict },
  { additionalProperties: false },
);

/** The options of a file that is only kept. */
export const KeepOptions = Type.Object(
  {
    name: Type.Optional(
      Type.String({ maxLength: 200, description: 'Name of the file, if it is sent as a body' }),
    ),
  },
  { additionalProperties: false },
);

export type OptionsSchema =
  | typeof UploadOptions
  | typeof PreviewOptions
  | typeof KeepOptions
  | typeof ReadingQuery;

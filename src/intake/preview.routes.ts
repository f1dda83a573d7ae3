import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { Flaws } from '../batches/batch.body.ts';
import type { Db } from '../db/database.ts';
import { Nullable } from '../http/nullable.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { tenantOf } from '../http/principal.ts';
import { whileConnected } from '../http/while-connected.ts';
import { TABLE_KINDS } from '../csv/table-format.ts';
import type { Guard } from '../net/guard.ts';
import { listPresets } from '../presets/preset.queries.ts';
import { createDecoderPool } from '../pipeline/decoder-pool.ts';
import { leastSideOf } from './doubtful-columns.ts';
import { readImageHeaders } from './image-headers.ts';
import type { Consumer } from './consume.ts';
import { type KeptFiles, keptReader } from './kept-files.ts';
import { PreviewOptions } from './option-schemas.ts';
import { presetsOf } from './options.ts';
import { PreviewTable } from './preview.body.ts';
import { type Previewed, previewUpload } from './preview.ts';
import { receiveUpload } from './receive.ts';
import { callbackOf, UPLOAD_BODY } from './upload.routes.ts';

export type PreviewParts = {
  db: Db;
  guard: Guard;
  userAgent: string;
  /** a folder for temporary files */
  folder: string;
  maxUploadBytes: number;
  maxSourceBytes: number;
  kept: KeptFiles;
};

const NullableText = Nullable(Type.String());
const NullableCount = Nullable(Type.Integer());

const PreviewBody = Type.Object(
  {
    ok: Type.Boolean({ description: 'Whether the upload would be accepted without on_invalid=skip' }),
    rows: Type.Integer(),
    bad_rows: Type.Integer({ description: 'Rows with an error' }),
    images: Type.Integer(),
    usable_images: Type.Integer({
      description: 'Of rows without an error: those that on_invalid=skip downloads',
    }),
    header: Type.Array(Type.String()),
    header_line: Type.Union([Type.Integer(), Type.Null()], {
      description: 'Line number of the header in the file',
    }),
    columns: Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())]), {
      description: 'The columns of each role',
    }),
    file_kind: Type.Union([Type.Enum([...TABLE_KINDS]), Type.Null()], {
      description: 'What the file is; null if it could not be read',
    }),
    sheet: Type.Union([Type.String(), Type.Null()], {
      description: 'Of a workbook: the sheet that was read',
    }),
    sheets: Type.Array(Type.String(), { description: 'Of a workbook: the names of all sheets' }),
    delimiter: Type.Union([Type.String(), Type.Null()], { description: 'Of a CSV' }),
    encoding: Type.Union([Type.String(), Type.Null()], { description: 'Of a CSV' }),
    first_rows: Type.Array(
      Type.Object({
        row: Type.Integer(),
        line: Type.Integer(),
        name: Type.String(),
        sku: NullableText,
        images: Type.Array(Type.String()),
      }),
    ),
    error_count: Type.Integer(),
    errors: Flaws,
    warning_count: Type.Integer(),
    warnings: Flaws,
    probes: Type.Array(
      Type.Object({
        url: Type.String(),
        ok: Type.Boolean(),
        code: NullableText,
        detail: NullableText,
        content_type: NullableText,
        bytes: NullableCount,
        format: NullableText,
        width: NullableCount,
        height: NullableCount,
      }),
    ),
    ...PreviewTable,
  },
  { 'x-name': 'Preview' },
);

/** Needs the body parsers of acceptUploads. */
export const previewRoutes: FastifyPluginAsyncTypebox<PreviewParts> = async (app, parts) => {
  const { db, guard, userAgent, folder, maxUploadBytes: maxBytes, maxSourceBytes, kept } = parts;
  const decoders = createDecoderPool(1); // headers of images are untrusted bytes too
  app.addHook('onClose', () => decoders.stop());

  app.post(
    '/v1/batches/preview',
    {
      bodyLimit: maxBytes + 1024 * 1024,
      config: { access: 'read' }, // it stores nothing
      schema: {
        summary: 'How an upload would be read, and everything that is wrong with it. Nothing is stored',
        body: UPLOAD_BODY,
        querystring: PreviewOptions,
        response: {
          200: PreviewBody,
          400: ProblemAnswer,
          404: ProblemAnswer,
          410: ProblemAnswer,
          413: ProblemAnswer,
          415: ProblemAnswer,
        },
      },
    },
    async (request) => {
      const tenantId = tenantOf(request);
      const presets = await listPresets(db, tenantId);
      const names = new Set(presets.map(({ name }) => name));
      const preview: Consumer<Previewed> = (chunks, reading) => {
        const preset = presets.find(({ name }) => name === reading.presetName);
        const leastSide = leastSideOf(presets, preset);
        const rules = { maxBytes, maxSourceBytes, folder, allowPaths: false, presets: names, leastSide };
        return previewUpload(chunks, { ...rules, ...reading });
      };
      const readKept = keptReader(kept, tenantId, preview);
      const { result, options } = await receiveUpload(
        request,
        { schema: PreviewOptions, folder, readKept },
        preview,
      );
      presetsOf(options, presets);
      callbackOf(options.callback_url, guard);
      const urls = result.sample(options.probe ?? 0);
      const probes = await whileConnected(request.raw.socket, (signal) =>
        readImageHeaders(urls, { guard, userAgent, decoders }, signal),
      );
      return { ...result.preview, probes };
    },
  );
};

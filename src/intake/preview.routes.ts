import type { Socket } from 'node:net';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Db } from '../db/database.ts';
import { ProblemAnswer } from '../http/problem.ts';
import type { Guard } from '../net/guard.ts';
import { listPresets } from '../presets/preset.queries.ts';
import { createDecoderPool } from '../pipeline/decoder-pool.ts';
import { leastSideOf } from './doubtful-columns.ts';
import { presetOf, PreviewOptions } from './options.ts';
import { previewUpload, type ImageHeader, readImageHeaders } from './preview.ts';
import { receiveUpload } from './receive.ts';
import { callbackOf, UPLOAD_BODY } from './upload.routes.ts';

export type PreviewParts = {
  db: Db;
  guard: Guard;
  tenantId: number;
  userAgent: string;
  /** a folder for uploads on their way */
  folder: string;
  maxUploadBytes: number;
};

const NullableText = Type.Union([Type.String(), Type.Null()]);
const NullableCount = Type.Union([Type.Integer(), Type.Null()]);
const Flaws = Type.Array(
  Type.Object({
    line: Type.Integer(),
    column: Type.Optional(Type.Integer()),
    code: Type.String(),
    detail: Type.String(),
  }),
);

const PreviewBody = Type.Object({
  ok: Type.Boolean({ description: 'Whether an upload of it would be accepted without on_invalid=skip' }),
  rows: Type.Integer(),
  bad_rows: Type.Integer({ description: 'Rows that have an error' }),
  images: Type.Integer(),
  header: Type.Array(Type.String()),
  header_line: Type.Union([Type.Integer(), Type.Null()], {
    description: 'The line of the file where the header stands',
  }),
  columns: Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())]), {
    description: 'What is read from which column',
  }),
  delimiter: NullableText,
  encoding: NullableText,
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
});

/** Registered beside uploadRoutes, whose parsers it needs. */
export const previewRoutes: FastifyPluginAsyncTypebox<PreviewParts> = async (app, parts) => {
  const { db, guard, tenantId, userAgent, folder, maxUploadBytes: maxBytes } = parts;
  const receiving = { schema: PreviewOptions, folder };
  const decoders = createDecoderPool(1); // the headers of images are a stranger's bytes too
  app.addHook('onClose', () => decoders.stop());

  app.post(
    '/v1/batches/preview',
    {
      bodyLimit: maxBytes + 1024 * 1024,
      schema: {
        summary: 'What an upload would be taken for, and everything that is wrong with it; nothing is stored',
        body: UPLOAD_BODY,
        querystring: PreviewOptions,
        response: { 200: PreviewBody, 400: ProblemAnswer, 413: ProblemAnswer, 415: ProblemAnswer },
      },
    },
    async (request) => {
      const presets = await listPresets(db, tenantId);
      const rules = { maxBytes, allowPaths: false, presets: new Set(presets.map(({ name }) => name)) };
      const { result, options } = await receiveUpload(request, receiving, async (chunks, reading) => ({
        ...(await previewUpload(chunks, {
          ...rules,
          ...reading,
          leastSide: leastSideOf(
            presets,
            presets.find(({ name }) => name === reading.presetName),
          ),
        })),
        async [Symbol.asyncDispose]() {},
      }));
      presetOf(options, presets);
      callbackOf(options.callback_url, guard);
      const urls = result.sample(options.probe ?? 0);
      return { ...result.preview, probes: await probeWhileThere(request.raw.socket, urls) };
    },
  );

  /** A client that goes away ends the probes of its images. */
  async function probeWhileThere(socket: Socket, urls: string[]): Promise<ImageHeader[]> {
    const gone = new AbortController();
    const abort = (): void => gone.abort();
    socket.once('close', abort);
    if (socket.destroyed) abort();
    return readImageHeaders(urls, { guard, userAgent, decoders }, gone.signal).finally(() =>
      socket.off('close', abort),
    );
  }
};

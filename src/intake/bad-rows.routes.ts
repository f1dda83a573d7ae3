import { Readable } from 'node:stream';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Db } from '../db/database.ts';
import { downloadAs } from '../http/download-name.ts';
import { tenantOf } from '../http/principal.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { listPresets } from '../presets/preset.queries.ts';
import { badRowsOf } from './bad-rows.ts';
import { leastSideOf } from './doubtful-columns.ts';
import type { KeptFiles } from './kept-files.ts';
import { uploadKey } from './kept-uploads.ts';
import { ReadingQuery } from './option-schemas.ts';
import { presetsOf, readingOptions, readOptions } from './options.ts';

export type BadRowParts = {
  db: Db;
  kept: KeptFiles;
  /** a folder for temporary files */
  folder: string;
  maxUploadBytes: number;
};

export const badRowRoutes: FastifyPluginAsyncTypebox<BadRowParts> = async (app, parts) => {
  const { db, kept, folder, maxUploadBytes: maxBytes } = parts;
  app.get(
    '/v1/uploads/:id/errors.csv',
    {
      schema: {
        summary: 'The rows of a kept upload that have errors, to be corrected and uploaded again',
        description:
          'With the lines above the first product, byte for byte as uploaded, formulas included: do not open it in a spreadsheet if you do not trust the cells. Upload it with the same options.',
        params: Type.Object({ id: Type.String() }),
        querystring: ReadingQuery,
        response: {
          200: { description: 'The whole file', content: { 'text/csv': { schema: Type.String() } } },
          404: ProblemAnswer,
          410: ProblemAnswer,
          422: ProblemAnswer,
        },
      },
    },
    async (request, reply) => {
      const tenantId = tenantOf(request);
      const options = readOptions(request.query, ReadingQuery);
      const presets = await listPresets(db, tenantId);
      const rules = {
        maxBytes,
        allowPaths: false,
        presets: new Set(presets.map(({ name }) => name)),
        leastSide: leastSideOf(presets, presetsOf(options, presets).preset),
        ...readingOptions(options),
      };
      await using upload = await kept.open(uploadKey(tenantId, request.params.id));
      const rows = await badRowsOf(upload, rules, folder);
      const content = Readable.from(rows.read(), { objectMode: false });
      content.once('close', () => void rows[Symbol.asyncDispose]());
      return (reply as FastifyReply)
        .type(`text/csv; charset=${rows.encoding}`)
        .header('content-disposition', downloadAs(upload.row.name, 'errors.csv'))
        .header('content-length', rows.bytes)
        .send(content);
    },
  );
};

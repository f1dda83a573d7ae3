import { basename, dirname } from 'node:path';
import { Readable } from 'node:stream';
import fastifyStatic from '@fastify/static';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { batchKey, noSuchBatch } from '../batches/status.routes.ts';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { KEY, type Storage } from '../storage/storage.ts';
import { outputCsv } from './output-csv.ts';

export type ResultsParts = { db: Db; filesUrl: string; storage: Storage; tenantId: number };

export const resultsRoutes: FastifyPluginAsyncTypebox<ResultsParts> = async (app, parts) => {
  const { db, filesUrl, storage, tenantId } = parts;
  await app.register(fastifyStatic, { root: '/', serve: false, suppressWarning: true });

  app.get(
    '/v1/batches/:id/output.csv',
    {
      schema: {
        summary: 'The CSV with the output URLs in their slots, as far as there are any yet',
        params: Type.Object({ id: Type.String() }),
        produces: ['text/csv'],
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const csv = await outputCsv(db, batchKey(tenantId, id), ({ key }) => `${filesUrl}/${key}`);
      if (!csv) throw noSuchBatch(id);
      return reply
        .type('text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${id}-output.csv"`)
        .header('cache-control', 'no-cache')
        .send(Readable.from(csv, { objectMode: false }));
    },
  );

  app.get(
    '/files/*',
    {
      schema: {
        summary: 'A rendition; what lies under a key never changes',
        params: Type.Object({ '*': Type.String() }),
      },
    },
    async (request, reply) => {
      const key = request.params['*'];
      if (!KEY.test(key)) throw new Problem('not_found', { detail: 'There is no such file.' });
      const path = storage.localPath(key);
      return reply
        .header('x-content-type-options', 'nosniff')
        .header('content-security-policy', "default-src 'none'; sandbox")
        .sendFile(basename(path), dirname(path), { immutable: true, maxAge: '365d', dotfiles: 'deny' });
    },
  );
};

import { basename, dirname } from 'node:path';
import { Readable } from 'node:stream';
import fastifyStatic from '@fastify/static';
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { batchKey, noSuchBatch } from '../batches/status.routes.ts';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { KEY } from '../storage/keys.ts';
import type { Storage } from '../storage/storage.ts';
import { imagesZip } from './archive.ts';
import { downloadAs } from './download-name.ts';
import { failedCsv } from './failed-csv.ts';
import { urlOf } from './files.ts';
import { manifest } from './manifest.ts';
import { faithfulWriter } from '../csv/write-faithful.ts';
import { outputCsv } from './output-csv.ts';
import { replacedCsv } from './replaced-csv.ts';
import { type BatchResults, findResults } from './results.queries.ts';

export type ResultsParts = {
  db: Db;
  filesUrl: string;
  storage: Storage;
  tenantId: number;
  /** for temporary files */
  folder: string;
};

const OutputQuery = Type.Object(
  {
    style: Type.Optional(
      Type.Enum(['columns', 'replace'], {
        default: 'columns',
        description:
          'columns: the outputs in columns of their own, in UTF-8, with formulas made harmless; replace: in place of the sources, without further columns, for going straight back into a shop: everything else is as it was uploaded, encoding and formulas too, so import it and do not open it in a spreadsheet if you do not trust the cells',
      }),
    ),
    on_failed: Type.Optional(
      Type.Enum(['blank', 'source'], {
        description: 'Of style=replace: what is in a slot without an output; blank if left out',
      }),
    ),
  },
  { additionalProperties: false },
);

const streamed = (type: string) => ({
  200: { description: 'The whole of it', content: { [type]: { schema: Type.String() } } },
  404: ProblemAnswer,
});
const FILE = { content: { 'image/*': { schema: Type.String({ format: 'binary' }) } } };

const OfBatch = { params: Type.Object({ id: Type.String() }) };

export const resultsRoutes: FastifyPluginAsyncTypebox<ResultsParts> = async (app, parts) => {
  const { db, filesUrl, storage, tenantId, folder } = parts;
  await app.register(fastifyStatic, { root: '/', serve: false, suppressWarning: true });

  /** @throws Problem `not_found` */
  async function resultsOf(id: string): Promise<BatchResults> {
    const results = await findResults(db, batchKey(tenantId, id));
    if (!results) throw noSuchBatch(id);
    return results;
  }

  app.get(
    '/v1/batches/:id/output.csv',
    {
      schema: {
        summary: 'The CSV with the output URLs in their slots, as far as there are any yet',
        ...OfBatch,
        querystring: OutputQuery,
        response: streamed('text/csv'),
      },
    },
    async ({ params: { id }, query }, reply) => {
      const results = await resultsOf(id);
      const links = urlOf(results, filesUrl);
      const as = downloadAs(results.fileName, 'output.csv');
      if (query.style === 'replace') {
        const csv = replacedCsv(db, results, { onFailed: query.on_failed ?? 'blank', urlOf: links });
        return sendPieces(reply, csv, { as, type: typeAsWritten(results) });
      }
      if (query.on_failed !== undefined)
        throw new Problem('bad_request', { detail: 'on_failed belongs to style=replace.' });
      return sendPieces(reply, outputCsv(db, results, links), { as, type: 'text/csv; charset=utf-8' });
    },
  );

  app.get(
    '/v1/batches/:id/failed.csv',
    {
      schema: {
        summary: 'The rows with failed images as they were, to be corrected and uploaded again',
        description:
          'Encoding, line ends and cells are those of the upload, formulas too: upload it with the same options.',
        ...OfBatch,
        response: streamed('text/csv'),
      },
    },
    async ({ params: { id } }, reply) => {
      const results = await resultsOf(id);
      const csv = failedCsv(db, results);
      return sendPieces(reply, csv, {
        as: downloadAs(results.fileName, 'failed.csv'),
        type: typeAsWritten(results),
      });
    },
  );

  app.get(
    '/v1/batches/:id/manifest.ndjson',
    {
      schema: {
        summary: 'What was made of what: a line of JSON for each rendition, and for each image without one',
        ...OfBatch,
        response: streamed('application/x-ndjson'),
      },
    },
    async ({ params: { id } }, reply) => {
      const results = await resultsOf(id);
      const lines = manifest(db, results, filesUrl);
      return sendPieces(reply, lines, {
        as: downloadAs(results.fileName, 'manifest.ndjson'),
        type: 'application/x-ndjson',
      });
    },
  );

  app.get(
    '/v1/batches/:id/images.zip',
    {
      schema: {
        summary: 'The renditions under their names, and the CSV with these names',
        ...OfBatch,
        response: streamed('application/zip'),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const onMissing = (key: string): void =>
        request.log.warn({ batch: id, key }, 'a stored file is missing');
      const results = await resultsOf(id);
      const archive = imagesZip(db, results, { storage, folder, onMissing });
      return sendPieces(reply, archive, {
        as: downloadAs(results.fileName, 'images.zip'),
        type: 'application/zip',
      });
    },
  );

  app.get(
    '/files/*',
    {
      schema: {
        summary: 'A rendition; what lies under a key never changes',
        description: 'A name may stand behind the key: /files/{token}/{hash16}/{file}/{name}',
        params: Type.Object({ '*': Type.String() }),
        // Pages of shops hang "?v=3" on the addresses of images.
        querystring: Type.Object({}, { additionalProperties: true }),
        response: {
          200: { description: 'The whole file', ...FILE },
          206: { description: 'The range of `Range`', ...FILE },
          304: Type.Null({ description: 'The copy of If-None-Match or If-Modified-Since still stands' }),
          404: ProblemAnswer,
          412: ProblemAnswer,
          416: ProblemAnswer,
        },
      },
    },
    async (request, reply) => {
      const [token, hash16, file, name, ...more] = request.params['*'].split('/');
      const key = `${token}/${hash16}/${file}`;
      if (!KEY.test(key) || name === '' || more.length > 0)
        throw new Problem('not_found', { detail: 'There is no such file.' });
      const path = storage.localPath(key);
      return reply
        .header('x-content-type-options', 'nosniff')
        .header('content-security-policy', "default-src 'none'; sandbox")
        .sendFile(basename(path), dirname(path), { immutable: true, maxAge: '365d', dotfiles: 'deny' });
    },
  );
};

function typeAsWritten({ format }: BatchResults): string {
  return `text/csv; charset=${faithfulWriter(format).encoding}`;
}

/** Made no faster than the client reads; a client that goes away ends the making. Of a HEAD nothing is made. */
function sendPieces(
  reply: FastifyReply,
  pieces: AsyncGenerator<string | Buffer>,
  { as, type }: { as: string; type: string },
): FastifyReply {
  return reply
    .type(type)
    .header('content-disposition', as)
    .header('cache-control', 'no-cache')
    .send(Readable.from(reply.request.method === 'HEAD' ? [] : pieces, { objectMode: false }));
}

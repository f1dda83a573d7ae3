import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import type { Db } from '../db/database.ts';
import { downloadAs } from '../http/download-name.ts';
import { ListOf, valuesOf } from '../http/lists.ts';
import { CodeList, imageCodesOf } from '../images/code-list.ts';
import type { Storage } from '../storage/storage.ts';
import { imagesZip } from './archive.ts';
import { failedCsv } from './failed-csv.ts';
import { manifest } from './manifest.ts';
import { OfBatch, openResults, typeAsUploaded } from './open-results.ts';
import { sendPieces, streamed } from './send-pieces.ts';

export type ResultsParts = {
  db: Db;
  filesUrl: string;
  storage: Storage;
  /** for temporary files */
  folder: string;
};

export const resultsRoutes: FastifyPluginAsyncTypebox<ResultsParts> = async (app, parts) => {
  const { db, filesUrl, storage, folder } = parts;

  app.get(
    '/v1/batches/:id/failed.csv',
    {
      schema: {
        summary: 'The rows with errors or failed images as uploaded, to be corrected and uploaded again',
        description:
          'Encoding, line ends, cells and formulas are those of the upload. Upload it with the same options. With `code` or `host`: only rows with such a failed image.',
        ...OfBatch,
        querystring: Type.Object({
          code: CodeList,
          host: ListOf('Only images of this host'),
        }),
        response: streamed('text/csv'),
      },
    },
    async (request, reply) => {
      const { code, host } = request.query;
      const codes = imageCodesOf(code);
      const results = await openResults(db, request);
      const csv = failedCsv(db, results, { codes, hosts: valuesOf(host) });
      return sendPieces(reply, csv, {
        as: downloadAs(results.fileName, 'failed.csv'),
        type: typeAsUploaded(results),
      });
    },
  );

  app.get(
    '/v1/batches/:id/manifest.ndjson',
    {
      schema: {
        summary: 'Provenance: one line of JSON per rendition, and per image without one',
        ...OfBatch,
        response: streamed('application/x-ndjson'),
      },
    },
    async (request, reply) => {
      const results = await openResults(db, request);
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
        summary: 'A ZIP of the renditions under their names, and of the CSV with these names',
        ...OfBatch,
        response: streamed('application/zip'),
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const onMissing = (key: string): void =>
        request.log.warn({ batch: id, key }, 'a rendition is missing in the storage');
      const results = await openResults(db, request);
      const archive = imagesZip(db, results, { storage, folder, onMissing });
      return sendPieces(reply, archive, {
        as: downloadAs(results.fileName, 'images.zip'),
        type: 'application/zip',
      });
    },
  );
};

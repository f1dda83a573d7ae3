import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { type Static, Type } from 'typebox';
import { batchKey, noSuchBatch } from '../batches/status.routes.ts';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { ListOf, valuesOf } from '../http/lists.ts';
import { tenantOf } from '../http/principal.ts';
import { CodeList, imageCodesOf } from '../images/code-list.ts';
import type { Storage } from '../storage/storage.ts';
import { imagesZip } from './archive.ts';
import { downloadAs } from '../http/download-name.ts';
import { failedCsv } from './failed-csv.ts';
import { fileUrls } from './files.ts';
import { manifest } from './manifest.ts';
import { faithfulWriter } from '../csv/write-faithful.ts';
import { outputCsv } from './output-csv.ts';
import { sendPieces, streamed } from './send-pieces.ts';
import { replacedCsv } from './replaced-csv.ts';
import { checkChoice, CheckQuery, refuseLonely } from '../channels/check-query.ts';
import { BatchCheck } from './check/check.ts';
import { channelsNamed } from './check/open-check.ts';
import { type BatchResults, findResults } from './results.queries.ts';

export type ResultsParts = {
  db: Db;
  filesUrl: string;
  storage: Storage;
  /** for temporary files */
  folder: string;
};

const OutputQuery = Type.Object(
  {
    style: Type.Optional(
      Type.Enum(['columns', 'replace'], {
        default: 'columns',
        description:
          'columns: outputs in columns of their own, in UTF-8, with formulas escaped. replace: outputs in place of their sources, without further columns, for importing into a shop: everything else is as uploaded, including encoding and formulas, so do not open it in a spreadsheet if you do not trust the cells.',
      }),
    ),
    on_failed: Type.Optional(
      Type.Enum(['blank', 'source'], {
        description: 'With style=replace: what a slot without an output holds. Default: blank.',
      }),
    ),
    check: ListOf('With style=columns: adds what this channel says of each product'),
    ...CheckQuery,
  },
  { additionalProperties: false },
);

type OfBatch = { Params: { id: string } };
const OfBatch = { params: Type.Object({ id: Type.String() }) };

export const resultsRoutes: FastifyPluginAsyncTypebox<ResultsParts> = async (app, parts) => {
  const { db, filesUrl, storage, folder } = parts;

  /** @throws Problem `not_found` */
  async function resultsOf(request: FastifyRequest<OfBatch>): Promise<BatchResults> {
    const { id } = request.params;
    const results = await findResults(db, batchKey(tenantOf(request), id));
    if (!results) throw noSuchBatch(id);
    return results;
  }

  /** @throws Problem `bad_request` */
  async function openOutputCheck(
    results: BatchResults,
    query: Static<typeof OutputQuery>,
  ): Promise<BatchCheck | undefined> {
    const names = valuesOf(query.check);
    if (!names) {
      refuseLonely(query, 'check');
      return undefined;
    }
    const channels = await channelsNamed(db, results.tenantId, names, 'check');
    return new BatchCheck(db, results, { ...checkChoice(query), channels }, filesUrl);
  }

  app.get(
    '/v1/batches/:id/output.csv',
    {
      schema: {
        summary: 'The CSV with the URLs of the outputs that exist by now, each in the slot of its source',
        ...OfBatch,
        querystring: OutputQuery,
        response: streamed('text/csv'),
      },
    },
    async (request, reply) => {
      const { query } = request;
      const results = await resultsOf(request);
      const urlOf = fileUrls(results, filesUrl);
      const as = downloadAs(results.fileName, 'output.csv');
      const check = await openOutputCheck(results, query);
      if (query.style === 'replace') {
        if (check)
          throw new Problem('bad_request', { detail: 'check adds columns, so it has no style=replace.' });
        const csv = replacedCsv(db, results, { onFailed: query.on_failed ?? 'blank', urlOf });
        return sendPieces(reply, csv, { as, type: typeAsUploaded(results) });
      }
      if (query.on_failed !== undefined)
        throw new Problem('bad_request', { detail: 'on_failed belongs to style=replace.' });
      return sendPieces(reply, outputCsv(db, results, urlOf, check), { as, type: 'text/csv; charset=utf-8' });
    },
  );

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
      const results = await resultsOf(request);
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
      const results = await resultsOf(request);
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
      const results = await resultsOf(request);
      const archive = imagesZip(db, results, { storage, folder, onMissing });
      return sendPieces(reply, archive, {
        as: downloadAs(results.fileName, 'images.zip'),
        type: 'application/zip',
      });
    },
  );
};

function typeAsUploaded({ format }: BatchResults): string {
  return `text/csv; charset=${faithfulWriter(format).encoding}`;
}

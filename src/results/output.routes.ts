import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { type Static, Type } from 'typebox';
import { checkChoice, CheckQuery, refuseLonely } from '../channels/check-query.ts';
import type { Db } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { downloadAs } from '../http/download-name.ts';
import { ListOf, valuesOf } from '../http/lists.ts';
import { ProblemAnswer } from '../http/problem.ts';
import { whileConnected } from '../http/while-connected.ts';
import { BatchCheck } from './check/check.ts';
import { channelsNamed } from './check/open-check.ts';
import { fileUrls } from './files.ts';
import { OfBatch, openResults, typeAsUploaded } from './open-results.ts';
import { outputCsv } from './output-csv.ts';
import { outputNdjson } from './output-ndjson.ts';
import { type OutputRows, outputRows } from './output-rows.ts';
import { writeXlsx } from './output-xlsx.ts';
import { replacedCsv } from './replaced-csv.ts';
import type { BatchResults } from './results.queries.ts';
import { sendPieces, streamed } from './send-pieces.ts';

export type OutputParts = {
  db: Db;
  filesUrl: string;
  /** for temporary files */
  folder: string;
};

const CheckedQuery = {
  check: ListOf('Adds what this channel says of each product'),
  ...CheckQuery,
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
    ...CheckedQuery,
    check: ListOf('With style=columns: adds what this channel says of each product'),
  },
  { additionalProperties: false },
);

const RowsQuery = Type.Object(CheckedQuery, { additionalProperties: false });

/** The table of a batch with the URLs of its outputs, as a CSV and in other formats. */
export const outputRoutes: FastifyPluginAsyncTypebox<OutputParts> = async (app, { db, filesUrl, folder }) => {
  /** @throws Problem `bad_request` */
  async function openCheck(
    results: BatchResults,
    query: Static<typeof RowsQuery>,
  ): Promise<BatchCheck | undefined> {
    const names = valuesOf(query.check);
    if (!names) {
      refuseLonely(query, 'check');
      return undefined;
    }
    const channels = await channelsNamed(db, results.tenantId, names, 'check');
    return new BatchCheck(db, results, { ...checkChoice(query), channels }, filesUrl);
  }

  async function rowsOf(results: BatchResults, query: Static<typeof RowsQuery>): Promise<OutputRows> {
    return outputRows(db, results, fileUrls(results, filesUrl), await openCheck(results, query));
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
      const results = await openResults(db, request);
      const as = downloadAs(results.fileName, 'output.csv');
      if (query.style === 'replace') {
        if (await openCheck(results, query))
          throw new Problem('bad_request', { detail: 'check adds columns, so it has no style=replace.' });
        const urlOf = fileUrls(results, filesUrl);
        const csv = replacedCsv(db, results, { onFailed: query.on_failed ?? 'blank', urlOf });
        return sendPieces(reply, csv, { as, type: typeAsUploaded(results) });
      }
      if (query.on_failed !== undefined)
        throw new Problem('bad_request', { detail: 'on_failed belongs to style=replace.' });
      const csv = outputCsv(await rowsOf(results, query), results.format);
      return sendPieces(reply, csv, { as, type: 'text/csv; charset=utf-8' });
    },
  );

  app.get(
    '/v1/batches/:id/output.ndjson',
    {
      schema: {
        summary: 'The table of output.csv as lines of JSON: an object per product',
        description:
          'The cells of output.csv as strings, by the names of its columns. A name that occurs again gets a number (`Image`, `Image_2`), and a column without a name is `column_3`.',
        ...OfBatch,
        querystring: RowsQuery,
        response: streamed('application/x-ndjson'),
      },
    },
    async (request, reply) => {
      const results = await openResults(db, request);
      return sendPieces(reply, outputNdjson(await rowsOf(results, request.query)), {
        as: downloadAs(results.fileName, 'output.ndjson'),
        type: 'application/x-ndjson',
      });
    },
  );

  app.get(
    '/v1/batches/:id/output.xlsx',
    {
      schema: {
        summary: 'The table of output.csv as a workbook',
        description:
          'One sheet of text: SKUs keep their zeros, and no cell is a formula. It is written whole before its first byte is sent. 409 where the table does not fit: at most 1,048,575 products, and 32,767 characters a cell.',
        ...OfBatch,
        querystring: RowsQuery,
        response: { ...streamed(XLSX), 409: ProblemAnswer },
      },
    },
    async (request, reply) => {
      const results = await openResults(db, request);
      const as = downloadAs(results.fileName, 'output.xlsx');
      const rows = await rowsOf(results, request.query);
      if (request.method === 'HEAD') return sendPieces(reply, nothing(), { as, type: XLSX });
      const file = await whileConnected(request.raw.socket, (signal) => writeXlsx(rows, folder, signal));
      return sendPieces(reply, file.read(results.createdAt), { as, type: XLSX, file });
    },
  );
};

const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

async function* nothing(): AsyncGenerator<Buffer> {}

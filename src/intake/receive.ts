import { Readable } from 'node:stream';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../errors.ts';
import { asCodingProblem, judgeBodies, decompressed } from './bodies.ts';
import { consumed, type Consumer, fileAndUpload, type Received, type ReceivingRules } from './consume.ts';
import type { OptionsSchema } from './option-schemas.ts';
import { readingOptions, readOptions } from './options.ts';
import { receiveForm } from './receive-form.ts';

export const WORKBOOK_TYPE = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

export const ARCHIVE_TYPES = ['application/zip', 'application/x-zip-compressed'] as const;

const FILE_TYPES = [
  'text/csv',
  'application/csv',
  'text/tab-separated-values',
  'text/plain',
  'application/vnd.ms-excel',
  WORKBOOK_TYPE,
  ...ARCHIVE_TYPES,
  'application/vnd.ms-excel.sheet.macroenabled.12',
  'application/json',
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/xml',
  'text/xml',
  'application/rss+xml',
  'application/atom+xml',
];

/** Lets the routes of an app call receiveUpload, for uploads of up to `maxBytes`. */
export async function acceptUploads(app: FastifyInstance, maxBytes: number): Promise<void> {
  judgeBodies(app, maxBytes);
  await app.register(multipart, {
    throwFileSizeLimit: false, // the bytes are counted where they are read
    limits: { fileSize: Number.MAX_SAFE_INTEGER, files: 1, fields: 20, parts: 21, fieldSize: 64 * 1024 },
  });
  app.removeContentTypeParser('application/json'); // here it is a file
  app.addContentTypeParser(FILE_TYPES, async (request: FastifyRequest, payload: Readable) =>
    decompressed(request.headers, payload),
  );
}

/**
 * Hands the file of a request to a consumer while it arrives, with the options of the form or the query. The option
 * `upload` names a kept upload to read instead.
 * @throws Problem `bad_request`, `unsupported_media_type`, and whatever the consumer throws
 */
export async function receiveUpload<T extends object>(
  request: FastifyRequest,
  rules: ReceivingRules<T>,
  consume: Consumer<T>,
): Promise<Received<T>> {
  if (request.isMultipart()) return receiveForm(request, rules, consume);
  const { upload } = request.query as { upload?: string };
  return upload && rules.readKept
    ? receiveNothing(request, rules)
    : receiveBody(request, rules.schema, consume);
}

/** A request without a body, whose file is a kept upload. */
async function receiveNothing<T>(
  request: FastifyRequest,
  { schema, readKept }: ReceivingRules<T>,
): Promise<Received<T>> {
  const options = readOptions(request.query as Record<string, unknown>, schema);
  if (await hasContent(request)) throw fileAndUpload();
  if (options.upload === undefined || !readKept) throw new Error('the request names no kept upload');
  return { ...(await readKept(options.upload, readingOptions(options))), options };
}

async function hasContent({ body, headers }: FastifyRequest): Promise<boolean> {
  if (!(body instanceof Readable)) return body !== undefined && body !== null;
  try {
    for await (const chunk of body.iterator({ destroyOnReturn: false }))
      if ((chunk as Buffer).length > 0) return true;
  } catch (error) {
    throw asCodingProblem(error, headers);
  }
  return false;
}

async function receiveBody<T>(
  request: FastifyRequest,
  schema: OptionsSchema,
  consume: Consumer<T>,
): Promise<Received<T>> {
  const body = request.body as Readable | undefined;
  if (!body || typeof body[Symbol.asyncIterator] !== 'function')
    throw new Problem('unsupported_media_type', {
      detail: `Send the file as multipart/form-data with the part "file", or as the body with Content-Type: text/csv, application/json, application/x-ndjson, application/xml, of a workbook ${WORKBOOK_TYPE}, or of an archive ${ARCHIVE_TYPES[0]}.`,
    });
  const options = readOptions(request.query as Record<string, unknown>, schema);
  try {
    const result = await consumed(body, (chunks) => consume(chunks, readingOptions(options)));
    return { result, options, fileName: undefined };
  } catch (error) {
    if (body !== request.raw) body.destroy(); // decompressing the rest of a zip bomb would be wasted work
    request.raw.resume();
    throw asCodingProblem(error, request.headers);
  }
}

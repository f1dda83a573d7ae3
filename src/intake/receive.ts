import type { Readable } from 'node:stream';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem } from '../errors.ts';
import { asCodingProblem, judgeBodies, decompressed } from './bodies.ts';
import { consumed, type Consumer, type Received, type ReceivingRules } from './consume.ts';
import { readingOptions, readOptions } from './options.ts';
import { receiveForm } from './receive-form.ts';

const CSV_TYPES = [
  'text/csv',
  'application/csv',
  'text/tab-separated-values',
  'text/plain',
  'application/vnd.ms-excel',
];

/** Lets the routes of an app call receiveUpload, for uploads of up to `maxBytes`. */
export async function acceptUploads(app: FastifyInstance, maxBytes: number): Promise<void> {
  judgeBodies(app, maxBytes);
  await app.register(multipart, {
    throwFileSizeLimit: false, // the bytes are counted where they are read
    limits: { fileSize: Number.MAX_SAFE_INTEGER, files: 1, fields: 20, parts: 21, fieldSize: 64 * 1024 },
  });
  app.addContentTypeParser(CSV_TYPES, async (request: FastifyRequest, payload: Readable) =>
    decompressed(request.headers, payload),
  );
}

/**
 * Hands the file of a request to a consumer while it arrives, with the options of the form or the query.
 * @throws Problem `bad_request`, `unsupported_media_type`, and whatever the consumer throws
 */
export async function receiveUpload<T extends object>(
  request: FastifyRequest,
  rules: ReceivingRules,
  consume: Consumer<T>,
): Promise<Received<T>> {
  return request.isMultipart()
    ? receiveForm(request, rules, consume)
    : receiveBody(request, rules.schema, consume);
}

async function receiveBody<T>(
  request: FastifyRequest,
  schema: ReceivingRules['schema'],
  consume: Consumer<T>,
): Promise<Received<T>> {
  const body = request.body as Readable | undefined;
  if (!body || typeof body[Symbol.asyncIterator] !== 'function')
    throw new Problem('unsupported_media_type', {
      detail:
        'Send the CSV as multipart/form-data with the part "file", or as the body with Content-Type: text/csv.',
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

import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import multipart from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Problem, systemCode } from '../errors.ts';
import { asPackingProblem, judgeBodies, unpacked } from './bodies.ts';
import {
  type PreviewOptions,
  type ReadingOptions,
  readingOptions,
  readOptions,
  type UploadOptions,
} from './options.ts';

const CSV_TYPES = [
  'text/csv',
  'application/csv',
  'text/tab-separated-values',
  'text/plain',
  'application/vnd.ms-excel',
];

/** Lets the routes of an app read uploads of at most so many bytes: see receiveUpload. */
export async function acceptUploads(app: FastifyInstance, maxBytes: number): Promise<void> {
  judgeBodies(app, maxBytes);
  await app.register(multipart, {
    throwFileSizeLimit: false, // the bytes are counted where they are read
    limits: { fileSize: Number.MAX_SAFE_INTEGER, files: 1, fields: 20, parts: 21, fieldSize: 64 * 1024 },
  });
  app.addContentTypeParser(CSV_TYPES, async (request: FastifyRequest, payload: Readable) =>
    unpacked(request.headers, payload),
  );
}

/** Reads the file of an upload to its end. */
export type Consumer<T> = (chunks: AsyncIterable<Buffer>, reading: ReadingOptions) => Promise<T>;

export type Received<T> = { result: T; options: PreviewOptions; fileName: string | undefined };

export type ReceivingRules = {
  /** of the options that are understood */
  schema: typeof UploadOptions | typeof PreviewOptions;
  /** for a copy of the file */
  folder: string;
};

/**
 * Hands the file of a request to a consumer while it arrives, with the options of the form or the query.
 * A form may have its options behind its file: where these change how the file is to be read, it is read
 * again from a copy on the disk, and what came of the first reading is disposed.
 * @throws Problem `bad_request`, `unsupported_media_type`, and what the consumer throws
 */
export async function receiveUpload<T extends AsyncDisposable>(
  request: FastifyRequest,
  rules: ReceivingRules,
  consume: Consumer<T>,
): Promise<Received<T>> {
  if (request.isMultipart()) return receiveForm(request, rules, consume);
  const body = request.body as Readable | undefined;
  if (!body || typeof body[Symbol.asyncIterator] !== 'function')
    throw new Problem('unsupported_media_type', {
      detail:
        'Send the CSV as multipart/form-data with the part "file", or as the body with Content-Type: text/csv.',
    });
  const options = readOptions(request.query as Record<string, unknown>, rules.schema);
  const result = await consumed(body, (chunks) => consume(chunks, readingOptions(options))).catch(
    (error: unknown) => {
      if (body !== request.raw) body.destroy(); // the rest of a bomb is not unpacked only to be dropped
      request.raw.resume();
      throw asPackingProblem(error, request.headers);
    },
  );
  return { result, options, fileName: undefined };
}

type Attempt<T> = { reading: ReadingOptions; result: T } | { reading: ReadingOptions; problem: Problem };

async function receiveForm<T extends AsyncDisposable>(
  request: FastifyRequest,
  { schema, folder }: ReceivingRules,
  consume: Consumer<T>,
): Promise<Received<T>> {
  const fields: Record<string, unknown> = { ...(request.query as Record<string, unknown>) };
  await using stack = new AsyncDisposableStack();
  const copy = await openCopy(folder, stack);
  let attempt: Attempt<T> | undefined;
  let fileName: string | undefined;
  if (request.raw.destroyed) throw brokenOff(undefined); // while the copy was opened; the form's parser would wait for ever
  try {
    for await (const part of request.parts()) {
      if (part.type === 'field') fields[part.fieldname] = part.value;
      else if (part.fieldname === 'file') {
        fileName = basename(part.filename ?? '');
        const reading = readingOptions(readOptions(fields, schema));
        attempt = await attempted(reading, () =>
          consumed(part.file, (chunks) => consume(copy.copied(chunks), reading)),
        );
        if ('result' in attempt) stack.use(attempt.result);
      } else
        throw new Problem('bad_request', {
          detail: `The file must be in the part "file", not "${part.fieldname}".`,
        });
    }
  } catch (error) {
    request.raw.resume();
    throw isOfForm(error) ? brokenOff(error) : error;
  }
  if (!attempt)
    throw new Problem('bad_request', { detail: 'The form has no file: send the CSV in the part "file".' });
  const options = readOptions(fields, schema);
  const reading = readingOptions(options);
  if (!isDeepStrictEqual(reading, attempt.reading))
    return { result: await consume(createReadStream(copy.path), reading), options, fileName };
  if ('problem' in attempt) throw attempt.problem;
  stack.move(); // the result is the caller's to dispose
  await copy.remove();
  return { result: attempt.result, options, fileName };
}

async function attempted<T>(reading: ReadingOptions, work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { reading, result: await work() };
  } catch (error) {
    if (error instanceof Problem && error.code === 'csv_invalid') return { reading, problem: error };
    throw error;
  }
}

/** A file that what passes is written to as well. */
async function openCopy(folder: string, stack: AsyncDisposableStack) {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `upload-${randomUUID()}.csv`);
  const file = await open(path, 'wx');
  const remove = async (): Promise<void> => {
    await file.close();
    await rm(path, { force: true });
  };
  stack.defer(remove);
  async function* copied(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      await file.writeFile(chunk);
      yield chunk;
    }
  }
  return { path, copied, remove };
}

/** Most clients read an answer only when they have sent everything, so the rest is read and dropped. */
async function consumed<T>(
  stream: Readable,
  consume: (chunks: AsyncIterable<Buffer>) => Promise<T>,
): Promise<T> {
  const chunks = stream.iterator({ destroyOnReturn: false }) as AsyncGenerator<Buffer>;
  try {
    return await consume(chunks);
  } catch (error) {
    await chunks.return(undefined);
    if (!stream.destroyed) stream.resume();
    throw error;
  }
}

/** The form's parser throws plain errors without a code; a cut connection shows as one of Node's. */
function isOfForm(error: unknown): boolean {
  const code = systemCode(error);
  const isPlain = error instanceof Error && error.constructor === Error && code === undefined;
  return isPlain || code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function brokenOff(error: unknown): Problem {
  return new Problem('bad_request', {
    detail: `The upload is not complete multipart/form-data: ${error instanceof Error ? error.message : 'it broke off'}.`,
    cause: error,
  });
}

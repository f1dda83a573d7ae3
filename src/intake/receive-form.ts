import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { Problem, systemCode } from '../errors.ts';
import { consumed, type Consumer, fileAndUpload, type Received, type ReceivingRules } from './consume.ts';
import { type ReadingOptions, readingOptions, readOptions } from './options.ts';

/**
 * Receives a form. Its options may follow its file. If they change how the file must be read, the file is
 * read again from a copy on disk, and the result of the first reading is disposed.
 * @throws Problem `bad_request`, and whatever the consumer throws
 */
export async function receiveForm<T extends object>(
  request: FastifyRequest,
  { schema, folder, readKept }: ReceivingRules<T>,
  consume: Consumer<T>,
): Promise<Received<T>> {
  const fields: Record<string, unknown> = { ...(request.query as Record<string, unknown>) };
  await using stack = new AsyncDisposableStack();
  const copy = folder === undefined ? undefined : await openCopy(folder, stack);
  // A connection that closed while the copy was opened would leave the form's parser waiting for ever.
  if (request.raw.destroyed) throw brokenOff(undefined);
  let first: FirstReading<T> | undefined;
  try {
    for await (const part of formParts(request.parts())) {
      if (part.type === 'field') {
        fields[part.fieldname] = part.value;
        continue;
      }
      if (part.fieldname !== 'file') throw wrongPart(part.fieldname);
      const reading = readingOptions(readOptions(fields, schema));
      first = await firstReading(part, reading, (chunks) => consume(copy?.copied(chunks) ?? chunks, reading));
      if ('result' in first) stack.use(disposableOf(first.result));
    }
  } catch (error) {
    request.raw.resume();
    throw error;
  }
  const options = readOptions(fields, schema);
  const reading = readingOptions(options);
  if (options.upload !== undefined && readKept) {
    if (first) throw fileAndUpload();
    return { ...(await readKept(options.upload, reading)), options };
  }
  if (!first)
    throw new Problem('bad_request', { detail: 'The form has no file: send the CSV in the part "file".' });
  const { fileName } = first;
  if (copy && !isDeepStrictEqual(reading, first.reading))
    return {
      result: await readAgain(copy.path, (chunks) => consume(chunks, reading)),
      options,
      fileName,
    };
  if ('problem' in first) throw first.problem;
  await copy?.remove();
  stack.move(); // from here on the caller disposes of the result
  return { result: first.result, options, fileName };
}

/** A result may hold resources, such as a folder of temporary files. */
function disposableOf(result: object): AsyncDisposable | undefined {
  return Symbol.asyncDispose in result ? (result as AsyncDisposable) : undefined;
}

/** The file, read with the options that precede it. Errors in the CSV are kept: other options may change them. */
type FirstReading<T> = { fileName: string; reading: ReadingOptions } & ({ result: T } | { problem: Problem });

async function firstReading<T>(
  part: MultipartFile,
  reading: ReadingOptions,
  consume: (chunks: AsyncIterable<Buffer>) => Promise<T>,
): Promise<FirstReading<T>> {
  const fileName = fileNameOf(part);
  try {
    const result = await consumed(part.file, (chunks) => consume(formParts(chunks)));
    return { fileName, reading, result };
  } catch (error) {
    if (error instanceof Problem && error.code === 'csv_invalid')
      return { fileName, reading, problem: error };
    throw error;
  }
}

const MAX_NAME_CHARACTERS = 200; // as of the option `name`

/** The name that the client gives: it becomes that of the batch, or of the kept upload. */
function fileNameOf({ filename }: MultipartFile): string {
  return basename(filename ?? '')
    .replaceAll('\0', '')
    .slice(0, MAX_NAME_CHARACTERS)
    .toWellFormed();
}

function wrongPart(name: string): Problem {
  return new Problem('bad_request', { detail: `The file must be in the part "file", not "${name}".` });
}

/** A file that receives a copy of everything that passes through `copied`. */
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

/** A consumer that fails may leave the stream open; its descriptor would keep the space of the removed file. */
async function readAgain<T>(
  path: string,
  consume: (chunks: AsyncIterable<Buffer>) => Promise<T>,
): Promise<T> {
  const chunks = createReadStream(path);
  try {
    return await consume(chunks);
  } finally {
    chunks.destroy();
  }
}

/**
 * The parts of a form, or the chunks of one part. Only errors of the form itself become Problems: an
 * exception in the code that reads it is not thrown through here.
 * @throws Problem `bad_request` when the form is malformed or breaks off
 */
async function* formParts<T>(parts: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* parts;
  } catch (error) {
    throw isFormError(error) ? brokenOff(error) : error;
  }
}

/** The parser of forms throws plain errors without a code; a connection that breaks off has a code of Node's. */
function isFormError(error: unknown): boolean {
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

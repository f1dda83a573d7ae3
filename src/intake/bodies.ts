import type { IncomingMessage } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { Problem, systemCode } from '../errors.ts';

const FORM_BYTES = 1024 * 1024; // for the options of a form, and the text between its parts

/** Checks the headers of all requests before their bodies are read. Nobody reads a body of GET or HEAD. */
export function judgeBodies(app: FastifyInstance, maxBytes: number): void {
  const isTooLarge = ({ headers }: IncomingMessage): boolean =>
    Number(headers['content-length'] ?? 0) > maxBytes + (isForm(headers) ? FORM_BYTES : 0);
  app.addHook('onRequest', async ({ method, raw }) => {
    if (method === 'GET' || method === 'HEAD') return;
    try {
      if (isTooLarge(raw)) throw tooLarge(maxBytes);
      if (isForm(raw.headers) && codingOf(raw.headers) !== '')
        throw unsupportedCoding(
          'A compressed form is not supported: send the CSV alone, with Content-Type: text/csv.',
        );
    } catch (error) {
      raw.resume(); // most clients read a response only after they have sent the whole request
      throw error;
    }
  });
}

/** The error for an upload of more than `maxBytes`. */
export function tooLarge(maxBytes: number): Problem {
  return new Problem('payload_too_large', {
    detail: `The file is larger than ${Math.floor(maxBytes / 2 ** 20)} MiB. Split it, or raise MAX_UPLOAD_BYTES.`,
  });
}

type Headers = IncomingMessage['headers'];

function isForm(headers: Headers): boolean {
  return /^multipart\/form-data\b/i.test(headers['content-type'] ?? '');
}

function codingOf(headers: Headers): string {
  const coding = (headers['content-encoding'] ?? '').trim().toLowerCase();
  return coding === 'identity' ? '' : coding;
}

// RFC 9110, 8.4.1; RFC 8878
const DECODERS = new Map<string, () => Transform>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
  ['zstd', createZstdDecompress],
]);

/**
 * The decompressed body of a request. Its reader must bound the number of bytes, against zip bombs.
 * @throws Problem `unsupported_media_type`
 */
export function decompressed(headers: Headers, body: Readable): Readable {
  const coding = codingOf(headers);
  if (coding === '') return body;
  const decoder = DECODERS.get(coding)?.();
  if (!decoder)
    throw unsupportedCoding(`Content-Encoding: ${coding} is not supported; gzip, deflate, br and zstd are.`);
  decoder.on('error', () => {}); // its reader gets the error; without a reader, it would end the process
  body.once('error', (error) => decoder.destroy(error));
  return body.pipe(decoder);
}

function unsupportedCoding(detail: string): Problem {
  return new Problem('unsupported_media_type', { detail });
}

/** A decompressor's error as a Problem with the body. A lack of memory is ours, and stays as it is. */
export function asCodingProblem(error: unknown, headers: Headers): unknown {
  const code = systemCode(error) ?? '';
  const isDecompressor = /^(Z_|ZSTD_|ERR__ERROR|ERR_BROTLI)/.test(code);
  const isMemory = /_(MEM|ALLOC|memory)_/.test(`${code}_`);
  if (!isDecompressor || isMemory || codingOf(headers) === '') return error;
  return new Problem('bad_request', {
    detail: `The body is not valid ${codingOf(headers)}, as its Content-Encoding says, or it is incomplete.`,
    cause: error,
  });
}

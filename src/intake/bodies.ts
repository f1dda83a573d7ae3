import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Readable, Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { Problem, systemCode } from '../errors.ts';

const FORM_BYTES = 1024 * 1024; // the options of a form, and what stands between its parts

/**
 * Judges the bodies of an app's requests by their headers, before anything of them is read: a client
 * that asks first (`Expect: 100-continue`) need not send what will be refused.
 */
export function judgeBodies(app: FastifyInstance, maxBytes: number): void {
  const isTooLarge = ({ headers }: IncomingMessage): boolean =>
    Number(headers['content-length'] ?? 0) > maxBytes + (isForm(headers) ? FORM_BYTES : 0);
  app.server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    if (!isTooLarge(request)) response.writeContinue();
    app.server.emit('request', request, response);
  });
  app.addHook('onRequest', async ({ raw }, reply) => {
    try {
      if (isTooLarge(raw)) throw tooLarge(maxBytes);
      if (isForm(raw.headers) && codingOf(raw.headers) !== '')
        throw notUnpacked('A form is not unpacked: send the CSV alone, with Content-Type: text/csv.');
    } catch (error) {
      if (/100-continue/i.test(raw.headers.expect ?? '')) void reply.header('connection', 'close');
      else raw.resume(); // most clients read an answer only when they have sent everything
      throw error;
    }
  });
}

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

/** A body without its Content-Encoding. Who reads it counts its bytes, so that no bomb goes off. @throws Problem `unsupported_media_type` */
export function unpacked(headers: Headers, body: Readable): Readable {
  const coding = codingOf(headers);
  if (coding === '') return body;
  const decoder = DECODERS.get(coding)?.();
  if (!decoder)
    throw notUnpacked(`Content-Encoding: ${coding} is not understood; gzip, deflate, br and zstd are.`);
  decoder.on('error', () => {}); // its reader is told; when that one has gone, the process would end
  body.once('error', (error) => decoder.destroy(error));
  return body.pipe(decoder);
}

function notUnpacked(detail: string): Problem {
  return new Problem('unsupported_media_type', { detail });
}

/** What zlib says of a body that is not what its Content-Encoding says. */
export function asPackingProblem(error: unknown, headers: Headers): unknown {
  if (!/^(Z_|ZSTD_|ERR__ERROR|ERR_BROTLI)/.test(systemCode(error) ?? '') || codingOf(headers) === '')
    return error;
  return new Problem('bad_request', {
    detail: `The body is not what Content-Encoding: ${codingOf(headers)} says, or its end is missing.`,
    cause: error,
  });
}

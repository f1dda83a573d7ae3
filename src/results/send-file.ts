import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../errors.ts';
import { isConditional, judge, type Verdict } from '../http/conditional.ts';
import type { Thumbs } from '../pictures/thumbs.ts';
import { contentTypeOf, isThumbKey, type StorageKey } from '../storage/keys.ts';
import type { Look, Opened, Storage } from '../storage/storage.ts';

export type FileParts = { storage: Storage; thumbs: Thumbs };

/**
 * Streams a file of the storage, as a whole or in part. A plain request costs one request to a bucket.
 * @param signal aborts when the client goes away
 * @throws Problem
 */
export async function sendFile(
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  key: StorageKey,
  parts: FileParts,
  signal: AbortSignal,
): Promise<FastifyReply> {
  const { storage } = parts;
  const isHead = request.method === 'HEAD';
  const isLooked = isHead || isConditional(request.headers);
  const file = await found<Look | Opened>(key, parts, () =>
    isLooked ? storage.look(key, signal) : storage.open(key, signal),
  );
  const verdict: Verdict = isLooked ? judged(request, file) : { status: 200 };
  reply.headers(headersOf(key, file));
  refuse(verdict, file, reply);
  if (verdict.status === 304) return reply.code(304).send();
  const length = lengthOf(verdict, file);
  reply.code(verdict.status).header('content-length', length);
  if ('range' in verdict)
    reply.header('content-range', `bytes ${verdict.range.from}-${verdict.range.to}/${file.bytes}`);
  if (isHead) return reply.send(Readable.from([])); // nothing at all would have the length 0
  const range = 'range' in verdict ? verdict.range : undefined;
  const opened = 'content' in file ? file : await storage.open(key, signal, range);
  if (!opened) throw noSuchFile();
  return reply.send(opened.content);
}

/** A file, or a thumbnail, which is made when it is requested first. @throws Problem `not_found` */
export async function found<T>(
  key: StorageKey,
  { thumbs }: Pick<FileParts, 'thumbs'>,
  find: () => Promise<T | undefined>,
): Promise<T> {
  const file = await find();
  if (file) return file;
  const made = isThumbKey(key) && (await thumbs.make(key)) ? await find() : undefined;
  if (!made) throw noSuchFile();
  return made;
}

/** A range of a HEAD has no meaning (RFC 9110, 14.2). */
function judged({ method, headers }: FastifyRequest, file: Look): Verdict {
  const { range: _, ...others } = headers;
  return judge(method === 'HEAD' ? others : headers, file);
}

function headersOf(key: StorageKey, { etag, modifiedAt }: Look): Record<string, string> {
  return {
    'content-type': contentTypeOf(key),
    'cache-control': 'public, max-age=31536000, immutable',
    etag,
    'last-modified': modifiedAt.toUTCString(),
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
  };
}

function lengthOf(verdict: Verdict, { bytes }: Look): number {
  return 'range' in verdict ? verdict.range.to - verdict.range.from + 1 : bytes;
}

/** @throws Problem `precondition_failed`, `range_not_satisfiable` */
function refuse({ status }: Verdict, { bytes }: Look, reply: FastifyReply): void {
  if (status !== 412 && status !== 416) return;
  for (const name of ['cache-control', 'etag', 'last-modified']) reply.removeHeader(name);
  if (status === 412)
    throw new Problem('precondition_failed', { detail: 'The file is not the one that If-Match names.' });
  reply.header('content-range', `bytes */${bytes}`);
  throw new Problem('range_not_satisfiable', { detail: 'The range starts after the end of the file.' });
}

export function noSuchFile(): Problem {
  return new Problem('not_found', { detail: 'There is no such file.' });
}

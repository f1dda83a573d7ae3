import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { ProblemAnswer } from '../http/problem.ts';

/** The responses of a route that streams a download. */
export const streamed = (type: string) => ({
  200: { description: 'The whole file, streamed', content: { [type]: { schema: Type.String() } } },
  404: ProblemAnswer,
});

/**
 * Streams a download with back-pressure: pieces are made as fast as the client reads, and none after it
 * disconnects, nor for HEAD.
 * @param file what the pieces are read from, disposed when the stream closes
 */
export function sendPieces(
  reply: FastifyReply,
  pieces: AsyncGenerator<string | Buffer>,
  { as, type, file }: { as: string; type: string; file?: AsyncDisposable },
): FastifyReply {
  const content = Readable.from(reply.request.method === 'HEAD' ? [] : pieces, { objectMode: false });
  if (file) content.once('close', () => void file[Symbol.asyncDispose]());
  return reply.type(type).header('content-disposition', as).header('cache-control', 'no-cache').send(content);
}

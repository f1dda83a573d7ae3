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
 */
export function sendPieces(
  reply: FastifyReply,
  pieces: AsyncGenerator<string | Buffer>,
  { as, type }: { as: string; type: string },
): FastifyReply {
  return reply
    .type(type)
    .header('content-disposition', as)
    .header('cache-control', 'no-cache')
    .send(Readable.from(reply.request.method === 'HEAD' ? [] : pieces, { objectMode: false }));
}

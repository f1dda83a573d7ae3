import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import { Type } from 'typebox';
import { Problem } from '../errors.ts';
import { ProblemAnswer } from '../http/problem.ts';

/** The catalogue that a server lends to whoever has none yet. */
export const exampleRoutes: FastifyPluginAsyncTypebox<{ example: Buffer | undefined }> = async (
  app,
  { example },
) => {
  app.get(
    '/v1/example.csv',
    {
      schema: {
        operationId: 'getExampleCsv',
        summary: 'A CSV to try the service with, if the server has one (EXAMPLE_CSV)',
        response: {
          200: {
            description: 'The file',
            content: { 'text/csv': { schema: Type.Unsafe<Buffer>(Type.String()) } },
          },
          404: ProblemAnswer,
        },
      },
    },
    async (_request, reply) => {
      if (!example) throw new Problem('not_found', { detail: 'This server has no example to try.' });
      return reply
        .type('text/csv')
        .header('content-disposition', 'attachment; filename="example.csv"')
        .send(example);
    },
  );
};

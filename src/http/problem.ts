import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import type { Problem } from '../errors.ts';

/** Problem details (RFC 9457) with our `code`, and `errors` if there are several. */
const ProblemBody = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.String(),
    error_count: Type.Optional(
      Type.Integer({ description: 'Number of errors; `errors` has the first 1,000' }),
    ),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          line: Type.Optional(Type.Integer({ description: 'Physical line of a CSV, from 1' })),
          column: Type.Optional(Type.Integer({ description: 'From 1' })),
          at: Type.Optional(Type.String({ description: 'JSON pointer into the body' })),
          code: Type.String(),
          detail: Type.String(),
        }),
      ),
    ),
    quota: Type.Optional(
      Type.Object(
        {
          name: Type.String({
            description: 'As in `limits` of GET /v1/usage; or kept_uploads, kept_upload_bytes',
          }),
          limit: Type.Integer(),
          used: Type.Integer(),
          resets_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
        },
        { description: 'The quota that refused the request' },
      ),
    ),
  },
  { $id: 'Problem' },
);

/** For the `response` of a schema. */
export const ProblemAnswer = {
  description: 'Problem details (RFC 9457)',
  content: { 'application/problem+json': { schema: ProblemBody } },
};

const RETRY_AFTER_S = 5; // a database or disk that recovers is in use again within this time
const OF_A_FILE = ['content-disposition', 'cache-control', 'etag', 'last-modified', 'accept-ranges'];

export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  for (const name of OF_A_FILE) reply.removeHeader(name); // a route may have set them already
  const retryAfterS = problem.retryAfterS ?? (problem.status === 503 ? RETRY_AFTER_S : undefined);
  if (retryAfterS !== undefined) reply.header('retry-after', retryAfterS);
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body)) // the schema of the route describes success
    .send(problemBody(problem));
}

export function problemBody({ code, title, status, message: detail, flaws, flawCount, quota }: Problem) {
  const several = flaws.length > 0 ? { error_count: flawCount, errors: flaws } : {};
  return {
    type: `urn:minilab:problem:${code}`,
    title,
    status,
    detail,
    code,
    ...several,
    ...(quota && { quota }),
  };
}

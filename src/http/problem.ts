import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { type Problem, REQUEST_PROBLEMS } from '../errors.ts';

const TYPE = 'urn:minilab:problem:';

/** Problem details (RFC 9457) with our `code`, and `errors` if there are several. */
export const ProblemBody = Type.Object(
  {
    type: Type.String({ description: `${TYPE}{code}` }),
    title: Type.String({ description: 'The same for every problem with this code' }),
    status: Type.Integer(),
    detail: Type.String({ description: 'What is wrong, and what to do' }),
    code: Type.Enum([...REQUEST_PROBLEMS.keys()]),
    request_id: Type.Optional(
      Type.String({ description: 'Of a 5xx: the id of the request in the log of the server' }),
    ),
    error_count: Type.Optional(
      Type.Integer({ description: 'Number of errors; `errors` has the first 1,000' }),
    ),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          line: Type.Optional(Type.Integer({ description: 'Physical line of a CSV, from 1' })),
          column: Type.Optional(Type.Integer({ description: 'From 1' })),
          at: Type.Optional(
            Type.String({
              description:
                'Where: a JSON pointer into the body (`/renditions/0/width`), or `query.limit`, `path.id`, `header.idempotency-key`, `options.preset` (of an upload, in the form or the query)',
            }),
          ),
          code: Type.String(),
          detail: Type.String(),
        }),
      ),
    ),
    quota: Type.Optional(
      Type.Object(
        {
          name: Type.String({
            description:
              'As in `limits` of GET /v1/usage; or kept_uploads, kept_upload_bytes, marked_pictures',
          }),
          limit: Type.Integer(),
          used: Type.Integer(),
          resets_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
        },
        { description: 'The quota that refused the request' },
      ),
    ),
  },
  {
    'x-name': 'Problem',
    description: 'Problem details (RFC 9457)',
    examples: [
      {
        type: `${TYPE}not_found`,
        title: REQUEST_PROBLEMS.get('not_found')?.title,
        status: 404,
        detail: 'There is no batch bat_01m82b9wzgf0f8hsd3rd9gs1h2.',
        code: 'not_found',
      },
    ],
  },
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
  const { id } = reply.request;
  return reply
    .code(problem.status)
    .header('x-request-id', id)
    .type('application/problem+json')
    .serializer((body: unknown) => JSON.stringify(body)) // the schema of the route describes success
    .send({ ...problemBody(problem), ...(problem.status >= 500 && { request_id: id }) });
}

export function problemBody({ code, title, status, message: detail, flaws, flawCount, quota }: Problem) {
  const several = flaws.length > 0 ? { error_count: flawCount, errors: flaws } : {};
  return {
    type: `${TYPE}${code}`,
    title,
    status,
    detail,
    code,
    ...several,
    ...(quota && { quota }),
  };
}

/** Problem responses in the document: which codes come with which status. */
import { STATUS_CODES } from 'node:http';
import { REQUEST_PROBLEMS, type ProblemCode } from '../../errors.ts';
import { ProblemBody } from '../problem.ts';
import type { JsonObject } from './names.ts';

/** On the schema of a problem response: the codes that it may have; without any, all of its status. */
const CODES = 'x-codes';

const PROBLEM_TYPE = 'application/problem+json';

type Answer = { content?: Record<string, { schema?: Record<string, unknown> }> };

/** For the `response` of a route: its problems with these codes and no others. */
export function problems(...codes: ProblemCode[]): Record<number, object> {
  const byStatus = Map.groupBy(codes, (code) => REQUEST_PROBLEMS.get(code)?.status ?? 500);
  return Object.fromEntries(
    [...byStatus].map(([status, some]) => [
      status,
      {
        description: 'Problem details (RFC 9457)',
        content: { [PROBLEM_TYPE]: { schema: { ...ProblemBody, [CODES]: some } } },
      },
    ]),
  );
}

/** The codes of a status. */
export function codesOf(status: number): string[] {
  return [...REQUEST_PROBLEMS].filter(([, problem]) => problem.status === status).map(([code]) => code);
}

/** `NotFound`: the name of the response with a status. */
function nameOf(status: number): string {
  return (STATUS_CODES[status] ?? String(status)).replaceAll(/[^A-Za-z]/g, '');
}

const HEADERS: Record<number, JsonObject> = {
  401: { 'WWW-Authenticate': { schema: { type: 'string' } } },
  429: retryAfter(),
  503: retryAfter(),
};

function retryAfter(): JsonObject {
  return { 'Retry-After': { description: 'Seconds', schema: { type: 'integer' } } };
}

/** The responses that all operations share: one for each status, with all of its codes. */
export function sharedResponses(): JsonObject {
  const statuses = new Set([...REQUEST_PROBLEMS.values()].map(({ status }) => status));
  return Object.fromEntries(
    [...statuses]
      .toSorted((a, b) => a - b)
      .map((status) => [nameOf(status), responseOf(status, codesOf(status))]),
  );
}

/** A problem response as a reference to the one of its status, or with the codes that it is limited to. */
export function problemResponse(status: number, answer: Answer): JsonObject | undefined {
  const schema = answer.content?.[PROBLEM_TYPE]?.schema;
  if (!schema) return undefined;
  const codes = schema[CODES] as string[] | undefined;
  const all = codesOf(status);
  return codes === undefined || codes.length === all.length
    ? { $ref: `#/components/responses/${nameOf(status)}` }
    : responseOf(status, codes);
}

function responseOf(status: number, codes: string[]): JsonObject {
  const titles = codes.map((code) => `\`${code}\`: ${REQUEST_PROBLEMS.get(code as ProblemCode)?.title}`);
  const headers = HEADERS[status];
  return {
    description: `${titles.join('. ')}.`,
    ...(headers && { headers }),
    content: {
      [PROBLEM_TYPE]: {
        schema: {
          allOf: [
            { $ref: '#/components/schemas/Problem' },
            { type: 'object', properties: { status: { const: status }, code: { enum: codes } } },
          ],
        },
      },
    },
  };
}

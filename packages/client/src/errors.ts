import type { components } from './schema.ts';

type Problem = components['schemas']['Problem'];

/** The codes of the API, and one for responses that are not of Minilab, such as a page of a proxy. */
export type ProblemCode = Problem['code'] | 'unexpected_response';

/** One of several errors of a request: of a CSV with `line` and `column`, of JSON and options with `at`. */
export type ProblemEntry = NonNullable<Problem['errors']>[number];

/** A request that Minilab refused or could not answer. */
export class MinilabError extends Error {
  override readonly name = 'MinilabError';
  readonly status: number;
  readonly code: ProblemCode;
  /** what is wrong, and what to do; also the message */
  readonly detail: string;
  /** at most the first 1,000 of `errorCount` */
  readonly errors: readonly ProblemEntry[];
  readonly errorCount: number;
  /** finds the request in the log of the server */
  readonly requestId: string | undefined;
  /** after how many seconds to try again, if the server says so */
  readonly retryAfter: number | undefined;

  constructor(
    problem: Pick<Problem, 'status' | 'detail' | 'errors' | 'error_count'> & { code: ProblemCode },
    { requestId, retryAfter }: { requestId?: string | undefined; retryAfter?: number | undefined } = {},
  ) {
    super(problem.detail);
    const { status, code, detail, errors = [], error_count: errorCount = errors.length } = problem;
    this.status = status;
    this.code = code;
    this.detail = detail;
    this.errors = errors;
    this.errorCount = errorCount;
    this.requestId = requestId;
    this.retryAfter = retryAfter;
  }
}

/** The error that a response tells. */
export async function errorOf(response: Response): Promise<MinilabError> {
  const { status, headers } = response;
  const retryAfter = Number(headers.get('retry-after') ?? Number.NaN);
  const context = {
    requestId: headers.get('x-request-id') ?? undefined,
    retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
  };
  const text = await response.text().catch(() => '');
  if (!headers.get('content-type')?.startsWith('application/problem+json')) {
    const detail = `The server answered ${status} without a problem: ${text.slice(0, 200)}`;
    return new MinilabError({ status, code: 'unexpected_response', detail }, context);
  }
  return new MinilabError(JSON.parse(text) as Problem, context);
}

export type ProblemBody = {
  title?: string;
  detail?: string;
  code?: string;
  errors?: { line?: number; column?: number; at?: string; code: string; detail: string }[];
  error_count?: number;
};

/** The API refused a request, and says why in a sentence. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  readonly status: number;
  readonly code: string;
  readonly body: ProblemBody;

  constructor(status: number, body: ProblemBody) {
    super(body.detail ?? body.title ?? `The server answered ${status}.`);
    this.status = status;
    this.code = body.code ?? '';
    this.body = body;
  }
}

/** No answer came: the server is stopped, or the network is down. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
  constructor() {
    super('The server does not answer.');
  }
}

export async function problemOf(response: Response): Promise<ApiProblem> {
  const body = (await response.json().catch(() => ({}))) as ProblemBody;
  return new ApiProblem(response.status, body);
}

/** What the test server of S3 answers. */
export type Answer = { status: number; headers: Record<string, string>; body: Buffer };

/** A request is refused, with a status and a code of S3. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Record<string, string>;

  constructor(status: number, code: string, headers: Record<string, string> = {}) {
    super(code);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

export function refusal({ status, code, headers }: Refused): Answer {
  return xml(`<Error><Code>${code}</Code><Message>refused: ${code}</Message></Error>`, status, headers);
}

export function xml(text: string, status = 200, headers: Record<string, string> = {}): Answer {
  const body = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`);
  return { status, headers: { 'content-type': 'application/xml', ...headers }, body };
}

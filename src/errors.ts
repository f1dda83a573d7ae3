/** What can be wrong with a request or a command: the closed list, with its HTTP status and title. */
const PROBLEMS = {
  bad_request: [400, 'The request is not valid'],
  not_verified: [401, 'The message could not be verified'],
  foreign_host: [403, 'The request names another host'],
  foreign_origin: [403, 'The request comes from another site'],
  not_found: [404, 'There is no such thing'],
  method_not_allowed: [405, 'The method is not one of this address'],
  request_timeout: [408, 'The request came too slowly'],
  conflict: [409, 'This cannot be done in the present state'],
  idempotency_key_in_use: [409, 'The first request with this key is still in work'],
  idempotency_key_reused: [422, 'The key belongs to another request'],
  precondition_failed: [412, 'A condition of the request does not hold'],
  payload_too_large: [413, 'The upload is too large'],
  uri_too_long: [414, 'The address of the request is too long'],
  unsupported_media_type: [415, 'The upload is not of a type that is understood'],
  range_not_satisfiable: [416, 'The file has no such range'],
  expectation_failed: [417, 'The expectation of the request cannot be met'],
  csv_invalid: [422, 'The CSV has errors'],
  preset_invalid: [422, 'The preset has errors'],
  headers_too_large: [431, 'The headers of the request are too large'],
  internal_error: [500, 'Something went wrong on our side'],
  database_unavailable: [503, 'The database cannot be reached'],
  storage_unavailable: [503, 'The storage cannot be written'],
  not_ready: [503, 'Minilab is not ready'],
  // The command line and the start of a process only; no request is answered with these.
  bad_settings: [500, 'The settings are not valid'],
  already_running: [500, 'Another process is in the way'],
  port_taken: [500, 'The port is taken'],
  schema_newer: [500, 'The database belongs to a newer Minilab'],
  migration_failed: [500, 'The database could not be migrated'],
  file_unreadable: [500, 'The file cannot be read'],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One of several things that are wrong with a CSV, at a physical line and a column from 1. */
export type Flaw = { line: number; column?: number; code: string; detail: string };

/** One of several things that are wrong with a JSON document; `at` is a JSON pointer (RFC 6901). */
export type PointedFlaw = { at: string; code: string; detail: string };

/**
 * An error with a code, a status, and a sentence for its reader. What is thrown otherwise is a bug,
 * and is answered as `internal_error` without its text.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly status: number;
  readonly title: string;
  readonly flaws: readonly (Flaw | PointedFlaw)[];
  /** How many flaws there are; `flaws` holds the first ones. */
  readonly flawCount: number;

  constructor(
    code: ProblemCode,
    {
      detail,
      cause,
      flaws = [],
      flawCount = flaws.length,
    }: {
      detail: string;
      cause?: unknown;
      flaws?: readonly (Flaw | PointedFlaw)[];
      flawCount?: number;
    },
  ) {
    super(detail, { cause });
    this.code = code;
    [this.status, this.title] = PROBLEMS[code];
    this.flaws = flaws;
    this.flawCount = flawCount;
  }
}

/** The system's code of an error (`ENOSPC`, `EADDRINUSE`), if it has one. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** An error and everything behind it: what caused it, and what failed while it was dealt with. */
export function causesOf(error: unknown): Error[] {
  if (!(error instanceof Error)) return [];
  const { cause, errors = [] } = error as { cause?: unknown; errors?: unknown[] };
  const { error: first, suppressed } = error as { error?: unknown; suppressed?: unknown }; // of a SuppressedError
  return [error, ...[first, cause, ...errors, suppressed].flatMap(causesOf)];
}

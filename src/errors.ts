/** Every error of a request or a command, with its HTTP status and title. docs/errors.md lists them. */
const PROBLEMS = {
  bad_request: [400, 'The request is not valid'],
  not_verified: [401, 'The signature is not valid'],
  unauthorized: [401, 'A valid API key is needed'],
  forbidden: [403, 'The API key does not allow this'],
  foreign_host: [403, 'The Host header is not allowed'],
  foreign_origin: [403, 'The Origin is not allowed'],
  quota_insufficient: [403, 'The upload does not fit the quota'],
  not_found: [404, 'Not found'],
  method_not_allowed: [405, 'Method not allowed'],
  request_timeout: [408, 'The request was too slow'],
  conflict: [409, 'Not possible in the current state'],
  source_changed: [409, 'The source is another file now'],
  idempotency_key_in_use: [409, 'The first request with this key is still in progress'],
  idempotency_key_reused: [422, 'The key was used for another request'],
  upload_expired: [410, 'The upload is no longer kept'],
  precondition_failed: [412, 'A precondition failed'],
  payload_too_large: [413, 'The upload is too large'],
  uri_too_long: [414, 'The URL is too long'],
  unsupported_media_type: [415, 'The content type is not supported'],
  range_not_satisfiable: [416, 'The range is not satisfiable'],
  expectation_failed: [417, 'The expectation failed'],
  csv_invalid: [422, 'The CSV has errors'],
  preset_invalid: [422, 'The preset has errors'],
  preview_failed: [422, 'The preview cannot be made'],
  channel_invalid: [422, 'The channel has errors'],
  quota_exceeded: [429, 'The quota is used up'],
  too_many_requests: [429, 'Too many requests'],
  headers_too_large: [431, 'The request headers are too large'],
  internal_error: [500, 'Internal error'],
  source_unavailable: [502, 'The source cannot be had'],
  busy: [503, 'Too busy'],
  database_unavailable: [503, 'The database is unavailable'],
  storage_unavailable: [503, 'The storage is unavailable'],
  not_ready: [503, 'Minilab is not ready'],
  // Only for the command line and the start of a process.
  bad_settings: [500, 'The settings are not valid'],
  already_running: [500, 'Already running'],
  port_taken: [500, 'The port is in use'],
  schema_newer: [500, 'The database was migrated by a newer Minilab'],
  schema_older: [500, 'The database is not migrated yet'],
  migration_failed: [500, 'The migration failed'],
  file_unreadable: [500, 'The file cannot be read'],
} as const satisfies Record<string, readonly [number, string]>;

export type ProblemCode = keyof typeof PROBLEMS;

const OF_COMMANDS = new Set<string>([
  'bad_settings',
  'already_running',
  'port_taken',
  'schema_newer',
  'schema_older',
  'migration_failed',
  'file_unreadable',
] satisfies ProblemCode[]);

/** The closed list of the codes that a request may get, with their statuses and titles. */
export const REQUEST_PROBLEMS: ReadonlyMap<ProblemCode, { status: number; title: string }> = new Map(
  Object.entries(PROBLEMS)
    .filter(([code]) => !OF_COMMANDS.has(code))
    .map(([code, [status, title]]) => [code as ProblemCode, { status, title }]),
);

/** One error or warning about a CSV, at a physical line and a column, both counted from 1. */
export type Flaw = { line: number; column?: number; code: string; detail: string };

/** One error in a JSON document; `at` is a JSON pointer (RFC 6901). */
export type PointedFlaw = { at: string; code: string; detail: string };

/** A quota that refused a request. */
export type QuotaNumbers = {
  name:
    | 'batches_at_once'
    | 'images_per_day'
    | 'stored_bytes'
    | 'kept_uploads'
    | 'kept_upload_bytes'
    | 'marked_pictures';
  limit: number;
  used: number;
  /** when `used` is 0 again, of kept uploads when it is less; null: when something ends or is deleted */
  resets_at: string | null;
};

/**
 * An error with a code, an HTTP status, and a sentence for its reader. Any other exception is a bug: the
 * response is `internal_error`, without its message.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly status: number;
  readonly title: string;
  readonly flaws: readonly (Flaw | PointedFlaw)[];
  /** The total number of flaws; `flaws` has the first ones. */
  readonly flawCount: number;
  readonly quota: QuotaNumbers | undefined;
  /** after how many seconds the same request may succeed */
  readonly retryAfterS: number | undefined;

  constructor(
    code: ProblemCode,
    {
      detail,
      cause,
      flaws = [],
      flawCount = flaws.length,
      quota,
      retryAfterS,
    }: {
      detail: string;
      cause?: unknown;
      flaws?: readonly (Flaw | PointedFlaw)[];
      flawCount?: number;
      quota?: QuotaNumbers;
      retryAfterS?: number | undefined;
    },
  ) {
    super(detail, { cause });
    this.code = code;
    [this.status, this.title] = PROBLEMS[code];
    this.flaws = flaws;
    this.flawCount = flawCount;
    this.quota = quota;
    this.retryAfterS = retryAfterS;
  }
}

/** The system error code (`ENOSPC`, `EADDRINUSE`), if there is one. */
export function systemCode(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : undefined;
}

/** An error with its causes, the errors it aggregates, and those it suppressed, recursively. */
export function causesOf(error: unknown): Error[] {
  if (!(error instanceof Error)) return [];
  const { cause, errors = [] } = error as { cause?: unknown; errors?: unknown[] };
  const { error: first, suppressed } = error as { error?: unknown; suppressed?: unknown }; // of a SuppressedError
  return [error, ...[first, cause, ...errors, suppressed].flatMap(causesOf)];
}

/** What the API answers, as far as the page reads it. Fields that a route has not always are optional. */

export type List<T> = { items: T[]; next_cursor: string | null };
export type CountedList<T> = List<T> & { counts_by_state?: Record<string, number> };

export type BatchState =
  | 'pending'
  | 'processing'
  | 'completed'
  | 'completed_with_errors'
  | 'failed'
  | 'cancelled';
export type ImageState = 'pending' | 'processing' | 'completed' | 'failed' | 'cancelled';

export type Counts = Record<'total' | ImageState, number>;

export type Batch = {
  id: string;
  name: string;
  state: BatchState;
  preset: string;
  round: number;
  products: number;
  counts: Counts;
  percent: number;
  images_per_second: number | null;
  eta_seconds: number | null;
  bytes_in: number;
  bytes_out: number;
  reused: number;
  errors_by_code: Record<string, number>;
  rejected_rows: number;
  row_error_count: number;
  row_errors: Flaw[];
  created_at: string;
  started_at: string | null;
  ended_at: string | null;
  webhook: {
    state: string;
    last_status: number | null;
    next_attempt_at: string | null;
    last_error?: string;
  } | null;
  latest?: { image_id: string; slot: number; thumb: Thumb }[];
  retry_planned?: boolean;
  rates?: number[];
  held?: { host: string; until: string | null; images: number }[];
  zip_bytes?: number | null;
};

/** A small picture; the content under its address never changes. */
type Thumb = { url: string; width: number; height: number };

/** A frame of the contact sheet. */
export type SheetImage = {
  id: string;
  slot: number;
  row: number;
  position: number;
  state: ImageState;
  error_code: string | null;
  thumb: Thumb | null;
  saved_percent: number | null;
  product: { name: string; sku: string | null; images: number };
};

export type Rendition = {
  name: string;
  url: string;
  width: number;
  height: number;
  bytes: number;
  format: string;
};

export type Image = {
  id: string;
  batch_id: string;
  slot: number;
  row: number;
  position: number;
  source_url: string;
  state: ImageState;
  attempts: number;
  next_attempt_at: string | null;
  ended_at: string | null;
  error_code: string | null;
  error_detail: string | null;
  batch_name: string;
  product: { name: string; sku: string | null; images: number };
  previous_id: string | null;
  next_id: string | null;
  siblings: Sibling[];
  problem: { title: string; sentence: string; advice: string; try_again: boolean } | null;
  final_url: string | null;
  timings: { waited: number; download: number; make: number; store: number } | null;
  tries: { at: string; code: string; detail: string; http_status: number | null }[];
  source: { width: number; height: number; bytes: number; format: string; sha256: string } | null;
  renditions: Rendition[];
};

export type Sibling = Pick<SheetImage, 'id' | 'slot' | 'position' | 'state' | 'error_code' | 'thumb'>;

type Flaw = { line: number; column?: number; code: string; detail: string };

export type Session = {
  tenant: string;
  scope: Scope;
  key: { id?: string; name: string } | null;
  has_example?: boolean;
};
export type Scope = 'read' | 'write' | 'admin';

/** The failed images of a batch with the same code. */
export type FailureGroup = {
  code: string;
  title: string;
  sentence: string;
  advice: string;
  try_again: boolean;
  count: number;
  hosts: { host: string; count: number }[];
  images: FailedImage[];
};

export type FailedImage = {
  id: string;
  slot: number;
  row: number;
  position: number;
  source_url: string;
  product?: { name: string; sku: string | null } | undefined;
};

export type Endpoint = {
  id: string;
  kind?: 'registered' | 'configured' | 'callback';
  url: string;
  description: string;
  event_types: string[];
  signature?: 'v1' | 'v1a' | 'both';
  public_key?: string | null;
  disabled: boolean;
  disabled_at?: string | null;
  disabled_because?: string | null;
  failing_since?: string | null;
  old_secret_expires_at?: string | null;
  created_at: string;
  secret?: string | null;
};

export type Delivery = {
  id: string;
  endpoint_id: string;
  event: { id: string; type: string; batch_id: string | null };
  state: string;
  attempt_count: number;
  last_status: number | null;
  last_error: string | null;
  next_attempt_at: string | null;
  created_at: string;
  ended_at: string | null;
};

type Attempt = {
  attempt: number;
  at: string;
  duration_ms: number;
  request: { url: string | null; headers: Record<string, string> };
  status: number | null;
  error: string | null;
  response: { headers: Record<string, string>; body: string };
};

export type DeliveryDetail = Delivery & { body: string; attempts: Attempt[] };

export type InboxMessage = {
  source: string;
  id: string;
  received_at: string;
  times_received: number;
  headers: Record<string, string>;
  body: string;
};

export type Host = {
  host: string;
  places: number;
  in_use: number;
  ceiling: number;
  held_until: string | null;
  parked: boolean;
  given_up: boolean;
  latency_ms: number | null;
  downloads_per_second: number;
  last_error: { code: string | null; detail: string } | null;
  headers: string[];
  updated_at: string;
  images_waiting?: number;
  images_failed?: number;
};

export type ApiKey = {
  id: string;
  name: string;
  tenant: string;
  scope: Scope;
  prefix: string;
  state: 'active' | 'expired' | 'revoked';
  configured: boolean;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  last_used_at: string | null;
  key?: string;
};

export type RenditionSpec = {
  name: string;
  fit: 'inside' | 'cover' | 'contain';
  width: number | null;
  height: number | null;
  format: 'jpeg' | 'mozjpeg' | 'png' | 'webp' | 'avif';
  quality: number | null;
  background: string;
  max_bytes: number | null;
  trim: boolean;
  sharpen: boolean;
  animated: boolean;
  keep_credit: boolean;
};

export type Preset = { name: string; description: string; built_in: boolean; renditions: RenditionSpec[] };

export type Upload = { upload_id: string; name: string; bytes: number; expires_at: string };

export type Column = {
  index: number;
  header: string;
  role: string | null;
  how: 'name' | 'chosen' | 'guessed' | null;
  samples: string[];
};

export type RowProblem = { index: number | null; level: 'error' | 'warning'; code: string; detail: string };
export type ShownRow = { row: number; line: number; cells: string[]; problems: RowProblem[] };

export type Probe = {
  url: string;
  ok: boolean;
  code: string | null;
  detail: string | null;
  width: number | null;
  height: number | null;
};

export type Preview = {
  ok: boolean;
  rows: number;
  bad_rows: number;
  images: number;
  header_line: number | null;
  delimiter: string | null;
  encoding: string | null;
  error_count: number;
  errors: Flaw[];
  warning_count: number;
  warnings: Flaw[];
  column_list: Column[];
  roles: { role: string; several: boolean }[];
  rows_shown: ShownRow[];
  probes: Probe[];
};

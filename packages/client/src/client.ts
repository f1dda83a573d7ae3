import createFetchClient, { type Client } from 'openapi-fetch';
import { errorOf } from './errors.ts';
import { formOf, type UploadSource } from './form.ts';
import { retried, type RetryOptions } from './retry.ts';
import type { components, operations, paths } from './schema.ts';
import { type Progress, send } from './send.ts';

type Schemas = components['schemas'];
export type Batch = Schemas['Batch'];
export type AcceptedBatch = Schemas['AcceptedBatch'];
export type Image = Schemas['Image'];

export type ClientOptions = {
  /** such as http://127.0.0.1:3000 */
  baseUrl: string;
  /** `ml_…`; needed as soon as the server has keys */
  apiKey?: string;
  fetch?: typeof fetch;
};

/** Options of an upload, as in `POST /v1/batches`. */
export type UploadOptions = NonNullable<operations['createBatch']['parameters']['query']>;

export type UploadExtras = RetryOptions & {
  /** by default the name of the file */
  fileName?: string;
  /** by default a new one: the repetition of an upload never makes a second batch */
  idempotencyKey?: string;
  onProgress?: (progress: Progress) => void;
};

export type WaitOptions = {
  signal?: AbortSignal;
  /** is called with every change that is seen */
  onChange?: (batch: Batch) => void;
};

export type ImageFilter = Omit<NonNullable<operations['listBatchImages']['parameters']['query']>, 'cursor'>;

export type ResultFile =
  | 'output.csv'
  | 'output.xlsx'
  | 'output.ndjson'
  | 'failed.csv'
  | 'manifest.ndjson'
  | 'images.zip';

const WAIT_SECONDS = 30;
const WAIT_ATTEMPTS = 20; // some minutes without the server
const PAGE_SIZE = 1000;

/** A client of the Minilab API. Every method throws a MinilabError for what the server refuses. */
export class Minilab {
  /** Every operation of the API, typed: `minilab.api.GET('/v1/presets')`. */
  readonly api: Client<paths>;
  readonly #baseUrl: string;
  readonly #headers: Record<string, string>;
  readonly #fetch: typeof fetch;

  constructor({ baseUrl, apiKey, fetch = globalThis.fetch.bind(globalThis) }: ClientOptions) {
    this.#baseUrl = baseUrl.replace(/\/+$/, '');
    this.#headers = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
    this.#fetch = fetch;
    this.api = createFetchClient<paths>({ baseUrl: this.#baseUrl, headers: this.#headers, fetch });
    this.api.use({
      async onResponse({ response }) {
        if (response.status >= 400) throw await errorOf(response);
      },
    });
  }

  /** Uploads a CSV. It is sent again after a failure that passes, except a stream, which can be read once. */
  async upload(
    source: UploadSource,
    options: UploadOptions = {},
    { fileName, idempotencyKey = crypto.randomUUID(), onProgress, attempts, signal }: UploadExtras = {},
  ): Promise<AcceptedBatch> {
    const fields = Object.entries(options).filter(([, value]) => value !== undefined);
    const texts = Object.fromEntries(fields.map(([name, value]) => [name, String(value)]));
    const form = await formOf(source, texts, fileName);
    const headers = { ...this.#headers, 'idempotency-key': idempotencyKey };
    return retried(
      async () => {
        const url = `${this.#baseUrl}/v1/batches`;
        const response = await send(url, form, { headers, fetch: this.#fetch, onProgress, signal });
        if (!response.ok) throw await errorOf(response);
        return (await response.json()) as AcceptedBatch;
      },
      { attempts: form.isRepeatable ? attempts : 1, signal },
    );
  }

  /** The batch when it has ended. */
  async wait(batchId: string, { signal, onChange }: WaitOptions = {}): Promise<Batch> {
    let etag: string | undefined;
    for (;;) {
      const { data, response } = await retried(() => this.#changed(batchId, etag, signal), {
        attempts: WAIT_ATTEMPTS,
        signal,
      });
      etag = response.headers.get('etag') ?? undefined;
      if (!data) continue; // 304
      onChange?.(data);
      if (data.ended_at !== null) return data;
    }
  }

  #changed(id: string, etag: string | undefined, signal: AbortSignal | undefined) {
    return this.api.GET('/v1/batches/{id}', {
      params: { path: { id }, query: { wait: etag === undefined ? 0 : WAIT_SECONDS } },
      ...(etag !== undefined && { headers: { 'if-none-match': etag } }),
      ...(signal && { signal }),
    });
  }

  /** All images of a batch, page by page. */
  async *images(batchId: string, filter: ImageFilter = {}): AsyncGenerator<Image, void> {
    let cursor: string | undefined;
    do {
      const query = { limit: PAGE_SIZE, ...filter, ...(cursor !== undefined && { cursor }) };
      const { data } = await retried(() =>
        this.api.GET('/v1/batches/{id}/images', { params: { path: { id: batchId }, query } }),
      );
      yield* data?.items ?? [];
      cursor = data?.next_cursor ?? undefined;
    } while (cursor !== undefined);
  }

  /** A result as a response whose body is a stream: `.text()`, or `.body` piped into a file. */
  async download(
    batchId: string,
    file: ResultFile,
    { query = {}, signal }: { query?: Record<string, string>; signal?: AbortSignal } = {},
  ): Promise<Response> {
    const search = new URLSearchParams(query).toString();
    const path = `/v1/batches/${encodeURIComponent(batchId)}/${file}${search && `?${search}`}`;
    return retried(
      async () => {
        const init = { headers: this.#headers, ...(signal && { signal }) };
        const response = await this.#fetch(this.#baseUrl + path, init);
        if (!response.ok) throw await errorOf(response);
        return response;
      },
      { signal },
    );
  }
}

import type { Form } from './form.ts';

export type Progress = { sent: number; total: number | undefined };

export type SendOptions = {
  headers: Record<string, string>;
  fetch: typeof fetch;
  onProgress?: ((progress: Progress) => void) | undefined;
  signal?: AbortSignal | undefined;
};

/** Posts a form. In browsers progress comes from XMLHttpRequest: their fetch has none. */
export async function send(url: string, form: Form, options: SendOptions): Promise<Response> {
  const { headers, fetch, onProgress, signal } = options;
  const whole = form.whole();
  if (whole && onProgress && 'XMLHttpRequest' in globalThis) return sendByXhr(url, whole, form, options);
  const body = whole && !onProgress ? whole : streamOf(form, onProgress);
  const init = {
    method: 'POST',
    headers: { ...headers, 'content-type': form.contentType },
    body,
    duplex: 'half',
    ...(signal && { signal }),
  };
  return fetch(url, init as RequestInit);
}

function streamOf(form: Form, onProgress: SendOptions['onProgress']): ReadableStream<Uint8Array> {
  const chunks = form.chunks()[Symbol.asyncIterator]();
  let sent = 0;
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (done) return controller.close();
      controller.enqueue(value);
      sent += value.byteLength;
      onProgress?.({ sent, total: form.bytes });
    },
    async cancel() {
      await chunks.return?.();
    },
  });
}

/** The part of XMLHttpRequest that is used here; Node has none, and its types neither. */
type Xhr = {
  upload: {
    addEventListener(name: 'progress', act: (event: { loaded: number; total: number }) => void): void;
  };
  addEventListener(name: 'load' | 'error' | 'abort', act: () => void): void;
  status: number;
  response: Blob;
  responseType: string;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getAllResponseHeaders(): string;
  send(body: Blob): void;
  abort(): void;
};

function sendByXhr(url: string, body: Blob, form: Form, options: SendOptions): Promise<Response> {
  const xhr = new (globalThis as unknown as { XMLHttpRequest: new () => Xhr }).XMLHttpRequest();
  const { headers, onProgress, signal } = options;
  return new Promise((resolve, reject) => {
    xhr.open('POST', url);
    xhr.responseType = 'blob';
    for (const [name, value] of Object.entries({ ...headers, 'content-type': form.contentType }))
      xhr.setRequestHeader(name, value);
    xhr.upload.addEventListener('progress', ({ loaded: sent, total }) => onProgress?.({ sent, total }));
    xhr.addEventListener('load', () =>
      resolve(new Response(xhr.response, { status: xhr.status, headers: headersOf(xhr) })),
    );
    xhr.addEventListener('error', () => reject(new TypeError('no response')));
    xhr.addEventListener('abort', () => reject(signal?.reason as Error));
    signal?.addEventListener('abort', () => xhr.abort(), { once: true });
    xhr.send(body);
  });
}

function headersOf(xhr: Xhr): Headers {
  const lines = xhr.getAllResponseHeaders().trim().split('\r\n').filter(Boolean);
  const pairs = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return new Headers(pairs);
}

/** Sends requests that fetch would refuse to send. */
import { request as send } from 'node:http';
import type { FuzzRequest } from './fuzz-requests.ts';

export type FuzzAnswer = { status: number; headers: NodeJS.Dict<string | string[]>; body: Buffer };

export type Target = {
  port: number;
  keys: Record<FuzzRequest['key'], string>;
  /** ids of the objects that there are, by the start of their routes */
  known: Map<string, string[]>;
};

export type Sent = { path: string; answer: FuzzAnswer | undefined; why: string };

export async function sendFuzz(target: Target, wanted: FuzzRequest): Promise<Sent> {
  const path = pathOf(target, wanted);
  const key = target.keys[wanted.key];
  const { body } = wanted;
  const bytes = body && Buffer.from(body.base64, 'base64');
  const headers = {
    ...wanted.headers,
    ...(key && { authorization: `Bearer ${key}` }),
    ...(body && body.type !== '' && { 'content-type': body.type }),
    ...(body && body.encoding !== '' && { 'content-encoding': body.encoding }),
    ...(bytes && (body?.isChunked ? { 'transfer-encoding': 'chunked' } : { 'content-length': bytes.length })),
    ...(wanted.headers['upgrade'] && { connection: 'upgrade' }),
  };
  const options = {
    port: target.port,
    host: '127.0.0.1',
    agent: false,
    method: wanted.method,
    path,
    headers,
  };
  return answerOf(options, bytes).then(
    (answer) => ({ path, answer, why: '' }),
    (error: Error & { code?: string }) => ({
      path,
      answer: undefined,
      why: `${error.code} ${error.message}`,
    }),
  );
}

function answerOf(options: object, bytes: Buffer | undefined): Promise<FuzzAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<FuzzAnswer>();
  const request = send(options, (response) => {
    const { statusCode: status = 0, headers } = response;
    const parts: Buffer[] = [];
    const done = (): void => resolve({ status, headers, body: Buffer.concat(parts) });
    // It goes on as long as its batch.
    if (headers['content-type']?.startsWith('text/event-stream')) {
      done();
      return void request.destroy();
    }
    response.on('data', (part: Buffer) => parts.push(part));
    response.on('end', done).on('error', reject);
  });
  request.on('error', reject);
  request.end(bytes);
  return promise;
}

export const PREPARED = 2; // are not deleted, because other requests are for them

function pathOf({ known }: Target, { route, method, ids, isEncoded, query }: FuzzRequest): string {
  const [, ...parts] = route.split('/');
  const kind = parts
    .slice(
      0,
      parts.findIndex((part) => part.startsWith('{')),
    )
    .join('/');
  const filled = route.replaceAll(/\{([^}]+)\}/g, (_whole, name: string) => {
    const id = ids[name] ?? '';
    const all = known.get(name === 'message' ? name : kind) ?? [];
    const objects = method === 'DELETE' ? all.slice(PREPARED) : all;
    const text = typeof id === 'number' ? (objects[id % objects.length] ?? 'none') : id;
    if (name === 'key' && typeof id === 'number') return text;
    return isEncoded ? encoded(text) : text.replaceAll(/[^\x21-\xff]/g, '%ff');
  });
  const search = query.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&');
  return search === '' ? filled : `${filled}?${search}`;
}

/** Halves of surrogate pairs become bytes that are no UTF-8. */
function encoded(text: string): string {
  return text.isWellFormed()
    ? encodeURIComponent(text)
    : encodeURIComponent(text.toWellFormed()).replaceAll('%EF%BF%BD', '%ED%A0%80');
}

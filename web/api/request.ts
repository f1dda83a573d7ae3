import { connectionLost, connectionWorks } from '../app/connection.ts';
import { needsSignIn } from '../app/session.ts';
import { problemOf, Unreachable } from './problem.ts';

type Options = { method?: string; json?: unknown; signal?: AbortSignal; headers?: Record<string, string> };

/** A request to the API. @throws ApiProblem, Unreachable; AbortError of the signal */
export async function request<T>(path: string, options: Options = {}): Promise<T> {
  const response = await send(path, options);
  if (!response.ok) {
    const problem = await problemOf(response);
    if (problem.status === 401 && !path.startsWith('/v1/session')) needsSignIn();
    throw problem;
  }
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** The bytes of an answer, such as the states of a batch. */
export async function requestBytes(
  path: string,
  signal?: AbortSignal,
): Promise<{ bytes: Uint8Array; headers: Headers }> {
  const response = await send(path, signal ? { signal } : {});
  if (!response.ok) throw await problemOf(response);
  return { bytes: new Uint8Array(await response.arrayBuffer()), headers: response.headers };
}

/** The file of an answer, such as a picture. */
export async function requestFile(path: string, options: Options): Promise<{ file: Blob; headers: Headers }> {
  const response = await send(path, options);
  if (!response.ok) throw await problemOf(response);
  return { file: await response.blob(), headers: response.headers };
}

/** Answers of a proxy before a server that is stopped. */
const GATEWAY = new Set([502, 504]);

async function send(
  path: string,
  { method = 'GET', json, signal, headers = {} }: Options,
): Promise<Response> {
  const init: RequestInit = { method, headers, credentials: 'same-origin' };
  if (signal) init.signal = signal;
  if (json !== undefined) {
    init.body = JSON.stringify(json);
    init.headers = { ...headers, 'content-type': 'application/json' };
  }
  try {
    const response = await fetch(path, init);
    const isOurs = !GATEWAY.has(response.status);
    if (!isOurs) throw new TypeError('a gateway answered');
    connectionWorks();
    return response;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    connectionLost();
    throw new Unreachable();
  }
}

/** `{ state: 'failed', limit: 10 }` as `?state=failed&limit=10`; what is undefined or empty is left out. */
export function query(parts: Record<string, string | number | boolean | undefined | null>): string {
  const given = Object.entries(parts).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  );
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text === '' ? '' : `?${text}`;
}

import type { FastifySchema } from 'fastify';
import type { Scope } from '../principal.ts';

/** What a schema of a response needs for a name to be given to its operation. */
type Responses = Record<string, { properties?: Record<string, unknown> } | undefined>;

const OF_OPERATORS = new Set(['healthz', 'livez', 'readyz', 'metrics']);

/** `Batches` for /v1/batches/…: operations are grouped by the first part of their path. */
export function tagOf(url: string): string {
  const first = partsOf(url)[0] ?? '';
  return OF_OPERATORS.has(first) ? 'Operation' : capitalised(first.replace(/\.\w+$/, ''));
}

/**
 * A name for an operation, from which clients make the name of a method: `listBatches`, `getBatch`,
 * `createBatch`, `retryBatch`, `listBatchImages`. A route whose path makes a poor name says another one
 * (`operationId`).
 */
export function operationIdOf(method: string, url: string, { operationId, response }: FastifySchema): string {
  if (operationId !== undefined) return operationId;
  const parts = partsOf(url);
  const names = parts.filter((part) => !isParameter(part));
  const last = names.at(-1) ?? '';
  const parents = names.slice(0, -1).map(singular).map(capitalised).join('');
  if (isParameter(parts.at(-1) ?? '')) return VERBS[method] + parents + capitalised(singular(last));
  if (method === 'POST' && parents !== '') {
    const [verb = '', ...object] = last.split(/[-.]/);
    return verb + parents + object.map(capitalised).join('');
  }
  if (method === 'POST') return `create${capitalised(singular(last))}`;
  const verb = method === 'GET' && isList(response as Responses) ? 'list' : VERBS[method];
  return verb + parents + last.split(/[-.]/).map(capitalised).join('');
}

/** Which key or session an operation needs; a public one needs none. */
export function securityOf(method: string, access: Scope | 'public' | undefined): Record<string, string[]>[] {
  if (access === 'public') return [];
  const scope = access ?? (method === 'GET' || method === 'HEAD' ? 'read' : 'write');
  return [{ bearer: [scope] }, { session: [scope] }];
}

const VERBS: Record<string, string> = {
  GET: 'get',
  PUT: 'put',
  PATCH: 'update',
  DELETE: 'delete',
  POST: 'post',
};

function partsOf(url: string): string[] {
  return url
    .replace(/^\/v\d+\//, '/')
    .split('/')
    .filter((part) => part !== '');
}

function isParameter(part: string): boolean {
  return part.startsWith(':') || part === '*';
}

function isList(response: Responses | undefined): boolean {
  return response?.['200']?.properties?.['next_cursor'] !== undefined;
}

function singular(name: string): string {
  if (name.endsWith('ies')) return `${name.slice(0, -3)}y`;
  if (/(?:ch|sh|ss|x)es$/.test(name)) return name.slice(0, -2);
  return /[^s]s$/.test(name) ? name.slice(0, -1) : name;
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

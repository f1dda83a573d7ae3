import { putLimits, type TenantLimits } from '../../src/access/tenant-limits.ts';
import type { Scope } from '../../src/http/principal.ts';
import { type Api, keyOf, startApi as startOpenApi, startSecondApi } from './api.ts';

export type TenantsApi = Api & {
  /** another server on the same database; it ends with the first */
  second(): Promise<string>;
  /** A new key of a tenant, which is created if there is none. */
  newKey(tenant?: string, scope?: Scope): Promise<{ tenantId: number; key: string; id: string }>;
  limit(tenantId: number, limits: Partial<TenantLimits>): Promise<void>;
};

/** The API, which knows from its first request on that requests need a key. */
export async function startApi(settings: Record<string, string> = {}): Promise<TenantsApi> {
  await using stack = new AsyncDisposableStack();
  const api = stack.use(await startOpenApi(settings));
  const { db } = api.services.database;
  await keyOf(db, { scope: 'read' });
  const { url } = stack.use(await startSecondApi(api.services)); // the first has learnt that it is open
  const open = stack.move();
  return {
    ...api,
    url,
    async second() {
      return open.use(await startSecondApi(api.services)).url;
    },
    newKey: (tenant = 'default', scope = 'admin') => keyOf(db, { tenant, scope }),
    async limit(tenantId, limits) {
      await putLimits(db, tenantId, limits);
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

export function csvOf(images: number, base = 'http://127.0.0.1:1/'): string {
  const rows = Array.from({ length: images }, (_, i) => `${i + 1},P,${base}${i}.jpg\n`);
  return `S. No.,Product Name,Input Image Urls\n${rows.join('')}`;
}

/** Sends a CSV as the body. */
export function send(
  url: string,
  csv: string,
  { key, headers = {} }: { key?: string; headers?: Record<string, string> } = {},
): Promise<Response> {
  const authorization = key === undefined ? {} : { authorization: `Bearer ${key}` };
  return fetch(`${url}/v1/batches`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv', ...authorization, ...headers },
    body: csv,
  });
}

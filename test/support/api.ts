import { putLimits, type TenantLimits } from '../../src/access/tenant-limits.ts';
import { createKey } from '../../src/access/key.queries.ts';
import { createTenant } from '../../src/access/tenants.ts';
import { startHttp } from '../../src/app.ts';
import type { Scope } from '../../src/http/principal.ts';
import type { Services } from '../../src/services.ts';
import { newServices } from './batches.ts';
import { freePort } from './minilab.ts';

/** The API in this process, without a worker. */
export type Api = AsyncDisposable & {
  services: Services;
  url: string;
  /** the same database behind another port, as another process has it */
  second(): Promise<string>;
  /** Creates a key, for a new tenant or an existing one. */
  newKey(tenant?: string | number, scope?: Scope): Promise<{ tenantId: number; key: string; id: string }>;
  limit(tenantId: number, limits: Partial<TenantLimits>): Promise<void>;
};

export async function startApi(settings: Record<string, string> = {}): Promise<Api> {
  await using stack = new AsyncDisposableStack();
  const port = await freePort();
  const services = stack.use(await newServices({ PORT: String(port), ...settings }));
  const { db } = services.database;
  await createKey(db, { tenantId: 1, name: 'first', scope: 'read' }); // from now on, requests need a key
  stack.defer((await startHttp(services, () => undefined)).close);
  const open = stack.move();
  return {
    services,
    url: `http://127.0.0.1:${port}`,
    async second() {
      const port = await freePort();
      const url = `http://127.0.0.1:${port}`;
      const config = { ...services.config, port, publicUrl: url };
      open.defer((await startHttp({ ...services, config }, () => undefined)).close);
      return url;
    },
    async newKey(tenant = 'default', scope = 'admin') {
      const tenantId = typeof tenant === 'number' ? tenant : await tenantIdOf(tenant);
      const name = `key ${Math.random()}`;
      const { key, row } = await createKey(db, { tenantId, name, scope });
      return { tenantId, key, id: row.key_id };
    },
    async limit(tenantId, limits) {
      await putLimits(db, tenantId, limits);
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };

  async function tenantIdOf(name: string): Promise<number> {
    return name === 'default' ? 1 : (await createTenant(db, name)).tenant_id;
  }
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

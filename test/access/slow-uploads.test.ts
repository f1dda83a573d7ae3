import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { revokeKey } from '../../src/access/key.queries.ts';
import { deleteTenant } from '../../src/access/tenants.ts';
import { bearer } from '../support/api.ts';
import { csvOf, startApi, type TenantsApi } from '../support/tenants-api.ts';
import { SOON_MS, until } from '../support/until.ts';

describe('an upload whose key was revoked, or whose tenant was deleted, while it arrived', () => {
  let api: TenantsApi;
  before(async () => {
    api = await startApi();
  });
  after(() => api[Symbol.asyncDispose]());

  /** Begins an upload. @returns a function that ends it, and gives the status */
  async function begin(path: string, key: string): Promise<() => Promise<number | undefined>> {
    const headers = { ...bearer(key), 'content-type': 'text/csv', expect: '100-continue' };
    const sent = request(api.url + path, { method: 'POST', headers });
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    sent.flushHeaders();
    await once(sent, 'continue');
    sent.write(csvOf(3));
    return async () => {
      sent.end();
      const [response] = await answered;
      return response.resume().statusCode;
    };
  }

  const isRefused = async (key: string): Promise<boolean> =>
    (await fetch(`${api.url}/v1/presets`, { headers: bearer(key) })).status === 401;

  for (const path of ['/v1/batches', '/v1/uploads']) {
    test(`is refused: ${path}`, async () => {
      const { db } = api.services.database;
      const revoked = await api.newKey('shop', 'write');
      const end = await begin(path, revoked.key);
      await revokeKey(db, revoked.tenantId, revoked.id);
      await until(() => isRefused(revoked.key), SOON_MS);
      assert.equal(await end(), 401);

      const deleted = await api.newKey('gone', 'write');
      const endOther = await begin(path, deleted.key);
      await deleteTenant(db, 'gone', true);
      assert.equal(await endOther(), 401);
      const { rows } = await sql`
        select from uploads where sha256 is not null and tenant_id in (${revoked.tenantId}, ${deleted.tenantId})
        union all
        select from batches where tenant_id in (${revoked.tenantId}, ${deleted.tenantId})`.execute(db);
      assert.equal(rows.length, 0);
    });
  }
});

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { forgetAudit } from '../../src/access/audit.queries.ts';
import { newUuid, publicId } from '../../src/ids.ts';
import { type TenantsApi, csvOf, send, startApi } from '../support/tenants-api.ts';
import { type Batch, json } from '../support/minilab.ts';

type Entry = {
  id: string;
  at: string;
  actor: string;
  key: { id: string; name: string } | null;
  action: string;
  object: { type: string; id: string | null };
  request_id: string | null;
  address: string | null;
  status: number | null;
  details: Record<string, unknown>;
};
type Page = { items: Entry[]; next_cursor: string | null };
type Operation = { security?: object[]; 'x-audit-action'?: string };

/** Routes that write nothing that is kept, or that no key sends. */
const NOT_AUDITED = new Map([
  ['POST /v1/batches/preview', 'it stores nothing'],
  ['POST /v1/presets/preview', 'it stores nothing'],
  ['POST /v1/webhooks/inbox/{source}', 'it has no key; the message itself is kept and listed'],
]);

describe('the audit log', () => {
  let api: TenantsApi;
  let tenantId: number;
  let key: string;
  let keyId: string;

  before(async () => {
    api = await startApi();
    const made = await api.newKey('audited');
    ({ tenantId, key } = made);
    keyId = publicId('key', made.id);
  });
  after(() => api[Symbol.asyncDispose]());

  function call(method: string, path: string, body?: object, secret = key): Promise<Response> {
    const headers = {
      authorization: `Bearer ${secret}`,
      ...(body && { 'content-type': 'application/json' }),
    };
    return fetch(`${api.url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
  }

  async function log(query = '', secret = key): Promise<Entry[]> {
    return (await json<Page>(call('GET', `/v1/audit${query}`, undefined, secret))).items;
  }

  test('every route that writes has an audit action', async () => {
    const { paths } = await json<{ paths: Record<string, Record<string, Operation>> }>(
      fetch(`${api.url}/openapi.json`),
    );
    const without = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([method, operation]) => method !== 'get' && operation['x-audit-action'] === undefined)
        .map(([method]) => `${method.toUpperCase()} ${path}`),
    );
    assert.deepEqual(without.toSorted(), [...NOT_AUDITED.keys()].toSorted());
  });

  test('each action has one row, with its key, object, request and details, and without secrets', async () => {
    const batch = await json<Batch>(send(api.url, csvOf(2), { key }));
    const path = `/v1/batches/${batch.id}`;
    assert.equal((await call('POST', `${path}/cancel`)).status, 200);
    assert.equal((await call('DELETE', path)).status, 204);
    assert.equal((await call('PUT', '/v1/presets/mine', { renditions: [{ name: 'a' }] })).status, 200);
    assert.equal((await call('DELETE', '/v1/presets/mine')).status, 204);
    const host = { ceiling: 3, headers: { Authorization: 'Bearer very-secret' } };
    assert.equal((await call('PUT', '/v1/hosts/shop.example', host)).status, 200);
    const created = await json<{ id: string; key: string }>(
      call('POST', '/v1/keys', { name: 'new', scope: 'read' }),
    );
    assert.equal((await call('DELETE', `/v1/keys/${created.id}`)).status, 204);

    const entries = await log();
    assert.deepEqual(
      entries.toReversed().map(({ action, object, status }) => [action, object.id, status]),
      [
        ['batch.create', batch.id, 202],
        ['batch.cancel', batch.id, 200],
        ['batch.delete', batch.id, 204],
        ['preset.put', 'mine', 200],
        ['preset.delete', 'mine', 204],
        ['host.put', 'shop.example', 200],
        ['key.create', created.id, 201],
        ['key.revoke', created.id, 204],
      ],
    );
    for (const entry of entries) {
      assert.equal(entry.actor, 'key');
      assert.equal(entry.key?.id, keyId);
      assert.equal(entry.address, '127.0.0.1');
      assert.equal(entry.object.type, entry.action.split('.')[0]);
      assert.ok(entry.request_id);
    }
    assert.deepEqual(entries.at(-1)?.details, { name: 'upload.csv', images: 2 });
    assert.deepEqual(entries[2]?.details, { ceiling: 3, headers: ['Authorization'] });
    const text = JSON.stringify(entries);
    for (const secret of ['very-secret', key, created.key]) assert.ok(!text.includes(secret));
  });

  test('what did not happen has no row, except that a key was not allowed to', async () => {
    const reader = await api.newKey('audited', 'read');
    const before = (await log()).length;
    assert.equal((await call('DELETE', `/v1/batches/${publicId('bat', newUuid())}`)).status, 404);
    assert.equal((await call('PUT', '/v1/presets/mine', { renditions: [] })).status, 422);
    assert.equal((await send(api.url, 'nothing', { key })).status, 422);
    assert.equal((await call('DELETE', '/v1/presets/mine', undefined, reader.key)).status, 403);
    const [newest, ...rest] = await log();
    assert.equal(rest.length, before);
    assert.deepEqual(
      [newest?.action, newest?.object.id, newest?.status, newest?.key?.id],
      ['preset.delete', 'mine', 403, publicId('key', reader.id)],
    );
    assert.equal((await call('DELETE', '/v1/presets/%00', undefined, reader.key)).status, 403);
    assert.equal((await log())[0]?.object.id, '\uFFFD');
  });

  test('a quota is no matter of the key', async () => {
    const { tenantId, key: limited } = await api.newKey('limited');
    await api.limit(tenantId, { imagesPerDay: 1 });
    assert.equal((await send(api.url, csvOf(2), { key: limited })).status, 403);
    assert.deepEqual(await log('', limited), []);
  });

  test('an upload that is sent again with its idempotency key has one row', async () => {
    const headers = { 'idempotency-key': newUuid() };
    for (let i = 0; i < 2; i += 1)
      assert.equal((await send(api.url, csvOf(1), { key, headers })).status, 202);
    const { items } = await json<{ items: Batch[] }>(call('GET', '/v1/batches?limit=1'));
    assert.equal((await log(`?object=${items[0]?.id}`)).length, 1);
  });

  test('is listed by action, object, key and time, in pages, for admins of the tenant only', async () => {
    assert.ok((await log('?action=preset.put')).every(({ action }) => action === 'preset.put'));
    assert.deepEqual(
      (await log('?object=shop.example')).map(({ action }) => action),
      ['host.put'],
    );
    const all = await log();
    assert.equal((await log(`?key=${keyId}`)).length, all.length - 2); // two are the reader's
    assert.deepEqual(await log(`?since=${all[2]?.at}`), all.slice(0, 3));
    const paged: Entry[] = [];
    for (let cursor = ''; ;) {
      const page: Page = await json<Page>(call('GET', `/v1/audit?limit=3${cursor}`));
      paged.push(...page.items);
      if (page.next_cursor === null) break;
      cursor = `&cursor=${page.next_cursor}`;
    }
    assert.deepEqual(paged, all);
    const other = await api.newKey('other');
    assert.deepEqual(await log('', other.key), []);
    const writer = await api.newKey('audited', 'write');
    assert.equal((await call('GET', '/v1/audit', undefined, writer.key)).status, 403);
  });

  test('the database refuses to change or delete rows, unless they are 30 days old', async () => {
    const { db } = api.services.database;
    const refused = /audit_log is append-only/;
    await assert.rejects(sql`update audit_log set action = 'x.y'`.execute(db), refused);
    await assert.rejects(sql`delete from audit_log`.execute(db), refused);
    await assert.rejects(sql`truncate audit_log`.execute(db), refused);
    const old = newUuid();
    await sql`
      insert into audit_log (tenant_id, entry_id, at, actor, action)
      values (${tenantId}, ${old}, now() - interval '31 days', 'local', 'batch.create')`.execute(db);
    await assert.rejects(
      sql`update audit_log set action = 'x.y' where entry_id = ${old}`.execute(db),
      refused,
    );
    assert.equal(await forgetAudit(db, 365), 0);
    assert.equal(await forgetAudit(db, 30), 1);
    await assert.rejects(forgetAudit(db, 0), refused);
  });

  test('an action whose row cannot be written does not happen', async () => {
    const { db } = api.services.database;
    await sql`alter table audit_log add constraint broken check (action <> 'preset.put') not valid`.execute(
      db,
    );
    assert.equal((await call('PUT', '/v1/presets/never', { renditions: [{ name: 'a' }] })).status, 500);
    assert.equal((await call('GET', '/v1/presets/never')).status, 404);
    await sql`alter table audit_log drop constraint broken`.execute(db);
  });
});

/** Every route of the API, by every key: none, wrong ones, each scope, and that of another tenant. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { newApiKey } from '../../src/access/api-key.ts';
import { createKey, revokeKey } from '../../src/access/key.queries.ts';
import { type Scope, SCOPES } from '../../src/http/principal.ts';
import { publicId } from '../../src/ids.ts';
import { PAGE_ADDRESSES } from '../../src/page/page.routes.ts';
import { claim, failed, record } from '../support/batches.ts';
import { type Api, bearer, keyOf, type Route, startApi } from '../support/api.ts';
import { type Batch, json } from '../support/minilab.ts';
import { SOON_MS, until } from '../support/until.ts';

/** What each route needs. A new route is added here, and below to OBJECTS if its path has a parameter. */
const ACCESS: Record<string, Scope | 'public'> = {
  'GET /healthz': 'public',
  'GET /livez': 'public',
  'GET /readyz': 'public',
  'GET /openapi.json': 'public',
  'GET /files/*': 'public',
  'POST /v1/webhooks/inbox/:source': 'public',
  'POST /v1/session': 'public',
  'GET /v1/audit': 'admin',
  'GET /v1/usage': 'read',
  'GET /v1/workers': 'admin',
  'GET /v1/session': 'read',
  'DELETE /v1/session': 'read',
  'GET /v1/keys': 'admin',
  'POST /v1/keys': 'admin',
  'DELETE /v1/keys/:id': 'admin',
  'POST /v1/batches': 'write',
  'POST /v1/batches/preview': 'read',
  'POST /v1/uploads': 'write',
  'GET /v1/example.csv': 'read',
  'GET /v1/uploads': 'read',
  'GET /v1/uploads/:id': 'read',
  'GET /v1/uploads/:id/errors.csv': 'read',
  'DELETE /v1/uploads/:id': 'write',
  'GET /v1/batches': 'read',
  'GET /v1/batches/:id': 'read',
  'DELETE /v1/batches/:id': 'write',
  'GET /v1/batches/:id/images': 'read',
  'GET /v1/batches/:id/events': 'read',
  'GET /v1/batches/:id/states': 'read',
  'GET /v1/batches/:id/sheet': 'read',
  'GET /v1/batches/:id/find': 'read',
  'GET /v1/batches/:id/failures': 'read',
  'GET /v1/batches/:id/output.csv': 'read',
  'GET /v1/batches/:id/failed.csv': 'read',
  'GET /v1/batches/:id/manifest.ndjson': 'read',
  'GET /v1/batches/:id/images.zip': 'read',
  'GET /v1/batches/:id/check': 'read',
  'GET /v1/batches/:id/same-pictures': 'read',
  'GET /v1/batches/:id/same-pictures.csv': 'read',
  'GET /v1/batches/:id/check.csv': 'read',
  'GET /v1/batches/:id/check.ndjson': 'read',
  'POST /v1/batches/:id/retry': 'write',
  'POST /v1/batches/:id/cancel': 'write',
  'GET /v1/images': 'read',
  'GET /v1/images/:id': 'read',
  'GET /v1/images/:id/before': 'read',
  'GET /v1/products': 'read',
  'GET /v1/presets': 'read',
  'POST /v1/presets/preview': 'read',
  'GET /v1/presets/:name': 'read',
  'PUT /v1/presets/:name': 'write',
  'DELETE /v1/presets/:name': 'write',
  'GET /v1/channels': 'read',
  'GET /v1/channels/:name': 'read',
  'PUT /v1/channels/:name': 'write',
  'DELETE /v1/channels/:name': 'write',
  'GET /v1/pictures': 'read',
  'GET /v1/pictures/:sha256': 'read',
  'PUT /v1/pictures/:sha256': 'write',
  'DELETE /v1/pictures/:sha256': 'write',
  'GET /v1/hosts': 'read',
  'GET /v1/hosts/:host': 'read',
  'PUT /v1/hosts/:host': 'write',
  'GET /v1/webhooks/inbox': 'read',
  'GET /v1/webhooks/inbox/:source/:message': 'read',
  'GET /v1/webhooks': 'read',
  'POST /v1/webhooks': 'write',
  'GET /v1/webhooks/:id': 'read',
  'PATCH /v1/webhooks/:id': 'write',
  'DELETE /v1/webhooks/:id': 'write',
  'POST /v1/webhooks/:id/rotate-secret': 'write',
  'POST /v1/webhooks/:id/test': 'write',
  'POST /v1/webhooks/:id/replay': 'write',
  'GET /v1/webhooks/:id/deliveries': 'read',
  'GET /v1/deliveries': 'read',
  'GET /v1/deliveries/:id': 'read',
  'POST /v1/deliveries/:id/redeliver': 'write',
};

const UNKNOWN = '00000000000000000000000000';

type Credentials = Record<'none' | 'typo' | 'unknown' | 'revoked' | 'expired' | Scope, string | undefined>;

describe('every route', () => {
  let api: Api;
  let routes: Route[];
  let credentials: Credentials;
  const [ours, theirs] = [{ key: '' }, { key: '' }];
  /** ids of the other tenant, by the kind of the path's parameter */
  const theirIds: Record<string, string> = {};
  const theirMarks: string[] = [];

  before(async () => {
    api = await startApi({ REQUESTS_PER_SECOND: '0' });
    const { db } = api.services.database;
    const isPage = (url: string): boolean => PAGE_ADDRESSES.includes(url) || /^\/(docs|assets)/.test(url);
    routes = api.routes.filter(({ method, url }) => method !== 'HEAD' && !isPage(url));
    const revoked = await keyOf(db);
    await revokeKey(db, 1, revoked.id);
    const expired = await createKey(db, { tenantId: 1, name: 'old', scope: 'admin', expires: -1 });
    const [read, write, admin] = await Promise.all(SCOPES.map((scope) => keyOf(db, { scope })));
    const unknown = newApiKey();
    credentials = {
      ...{ none: undefined, typo: `${unknown}x`, unknown, revoked: revoked.key, expired: expired.key },
      ...{ read: read?.key, write: write?.key, admin: admin?.key },
    };
    const other = await keyOf(db, { tenant: 'theirs' });
    Object.assign(ours, await keyOf(db, { tenant: 'ours' }));
    Object.assign(theirs, other);
    theirIds['key'] = publicId('key', other.id);
    await until(async () => (await fetch(`${api.url}/v1/batches`)).status === 401, SOON_MS);
    await makeObjects();
  });
  after(() => api[Symbol.asyncDispose]());

  const name = ({ method, url }: { method: string; url: string }): string => `${method} ${url}`;

  function send(route: string, key: string | undefined, path = exampleOf(route)): Promise<Response> {
    const [method = ''] = route.split(' ');
    const isPatch = method === 'PATCH';
    return fetch(api.url + path + (path.endsWith('/replay') ? '?since=2026-01-01T00:00:00Z' : ''), {
      method,
      redirect: 'manual',
      headers: {
        ...(key !== undefined && bearer(key)),
        ...(isPatch && { 'content-type': 'application/json' }),
      },
      ...(isPatch && { body: '{}' }),
    });
  }

  function exampleOf(route: string): string {
    const [, url = ''] = route.split(' ');
    return url
      .replace('/keys/:id', `/keys/key_${UNKNOWN}`)
      .replace('/uploads/:id', `/uploads/upl_${UNKNOWN}`)
      .replace('/images/:id', `/images/img_${UNKNOWN}`)
      .replace('/webhooks/:id', `/webhooks/whe_${UNKNOWN}`)
      .replace('/deliveries/:id', `/deliveries/dlv_${UNKNOWN}`)
      .replace(':id', `bat_${UNKNOWN}`)
      .replace(/:\w+|\*/, 'nobody');
  }

  /** The other tenant has a batch with a failed image, a preset, a host with secret headers, an endpoint with a delivery, and a key. */
  async function makeObjects(): Promise<void> {
    const { services } = api;
    const put = async (path: string, body: object): Promise<void> => {
      const headers = { ...bearer(theirs.key), 'content-type': 'application/json' };
      const response = await fetch(api.url + path, { method: 'PUT', headers, body: JSON.stringify(body) });
      assert.equal(response.status, 200, await response.text());
    };
    await put('/v1/presets/their-preset', { renditions: [{ name: 'web', width: 100 }] });
    await put('/v1/channels/their-channel', { rules: [{ rule: 'plain' }] });
    const picture = 'a'.repeat(64);
    await sql`
      insert into contents (tenant_id, sha256, format, width, height, bytes)
      select tenant_id, decode(${picture}, 'hex'), 'png', 1, 1, 1 from tenants where name = 'theirs'`.execute(
      services.database.db,
    );
    await put(`/v1/pictures/${picture}`, { kind: 'placeholder' });
    theirMarks.push(picture);
    await put('/v1/hosts/their.example', { ceiling: 3, headers: { cookie: 'secret' } });
    const csv =
      'SKU,Name,Image\nTHEIR-1,A,https://their.example/1.jpg\nTHEIR-2,B,https://their.example/2.jpg\n';
    const response = await fetch(`${api.url}/v1/batches?name=their-batch`, {
      method: 'POST',
      headers: { ...bearer(theirs.key), 'content-type': 'text/csv', 'idempotency-key': 'same' },
      body: csv,
    });
    assert.equal(response.status, 202);
    const { id } = await json<Batch>(response);
    const [claimed] = await claim(services, 1);
    assert.ok(claimed);
    await record(services, [{ task: claimed.task, result: failed(claimed.image) }]);
    const { items } = await json<{ items: { id: string }[] }>(
      fetch(`${api.url}/v1/batches/${id}/images`, { headers: bearer(theirs.key) }),
    );
    const post = (path: string, body?: object): Promise<Response> =>
      fetch(api.url + path, {
        method: 'POST',
        headers: { ...bearer(theirs.key), ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      });
    const endpoint = await json<{ id: string }>(post('/v1/webhooks', { url: 'https://their.example/hook' }));
    const delivery = await json<{ id: string }>(post(`/v1/webhooks/${endpoint.id}/test`));
    Object.assign(theirIds, { endpoint: endpoint.id, delivery: delivery.id });
    theirMarks.push(endpoint.id, delivery.id);
    const kept = await fetch(`${api.url}/v1/uploads`, {
      method: 'POST',
      headers: { ...bearer(theirs.key), 'content-type': 'text/csv' },
      body: csv,
    });
    theirIds['upload'] = (await json<{ upload_id: string }>(kept)).upload_id;
    theirMarks.push(theirIds['upload']);
    theirIds['batch'] = id;
    theirIds['image'] = items[0]?.id ?? '';
    theirMarks.push(id, ...items.map((item) => item.id), theirIds['key'] ?? '');
    theirMarks.push('their-preset', 'their-channel', 'their.example', 'their-batch', 'THEIR-1');
  }

  test('is in the table of what it needs', () => {
    assert.deepEqual(
      Object.fromEntries(routes.map((route) => [name(route), route.access])),
      ACCESS,
      'a new route belongs into ACCESS, with the scope that it needs',
    );
  });

  test('HEAD needs what GET needs', () => {
    for (const { url, access } of api.routes.filter(({ method }) => method === 'HEAD'))
      if (ACCESS[`GET ${url}`]) assert.equal(access, ACCESS[`GET ${url}`], url);
  });

  test('refuses no key and wrong ones with 401, too small scopes with 403, and no others', async () => {
    for (const [route, needed] of Object.entries(ACCESS))
      for (const [credential, key] of Object.entries(credentials)) {
        const response = await send(route, key);
        const text = await response.text();
        const isProblem = response.headers.get('content-type') === 'application/problem+json';
        const code = isProblem ? (JSON.parse(text) as { code: string }).code : 'none';
        const where = `${route} by ${credential}: ${response.status} ${text.slice(0, 200)}`;
        const scope = SCOPES.find((one) => one === credential);
        if (needed === 'public') assert.ok(!['unauthorized', 'forbidden'].includes(code), where);
        else if (scope === undefined) {
          assert.equal(`${response.status} ${code}`, '401 unauthorized', where);
          assert.match(response.headers.get('www-authenticate') ?? '', /^Bearer/, where);
        } else if (SCOPES.indexOf(scope) < SCOPES.indexOf(needed))
          assert.equal(`${response.status} ${code}`, '403 forbidden', where);
        else assert.ok(![401, 403].includes(response.status) && response.status < 500, where);
      }
  });

  /** What another tenant's object is named in the path of a route, and whether its own tenant is answered 200. */
  const OBJECTS: Record<string, [kind: string, isRead: boolean] | string> = {
    'GET /files/*': 'the token in the key cannot be guessed; it is the secret',
    'POST /v1/webhooks/inbox/:source': 'the inbox is that of the default tenant',
    'GET /v1/webhooks/inbox/:source/:message': 'the inbox is that of the default tenant',
    'GET /v1/webhooks/:id': ['endpoint', true],
    'PATCH /v1/webhooks/:id': ['endpoint', false],
    'DELETE /v1/webhooks/:id': ['endpoint', false],
    'POST /v1/webhooks/:id/rotate-secret': ['endpoint', false],
    'POST /v1/webhooks/:id/test': ['endpoint', false],
    'POST /v1/webhooks/:id/replay': ['endpoint', false],
    'GET /v1/webhooks/:id/deliveries': ['endpoint', true],
    'GET /v1/deliveries/:id': ['delivery', true],
    'POST /v1/deliveries/:id/redeliver': ['delivery', false],
    'PUT /v1/presets/:name': 'it makes one of its own; see below',
    'PUT /v1/channels/:name': 'it makes one of its own',
    'PUT /v1/hosts/:host': 'it sets its own limits; see below',
    'DELETE /v1/keys/:id': ['key', false],
    'GET /v1/batches/:id': ['batch', true],
    'GET /v1/batches/:id/images': ['batch', true],
    'GET /v1/batches/:id/events': ['batch', true],
    'GET /v1/batches/:id/states': ['batch', true],
    'GET /v1/batches/:id/sheet': ['batch', true],
    'GET /v1/batches/:id/find': ['batch', true],
    'GET /v1/batches/:id/failures': ['batch', true],
    'GET /v1/batches/:id/output.csv': ['batch', true],
    'GET /v1/batches/:id/failed.csv': ['batch', true],
    'GET /v1/batches/:id/manifest.ndjson': ['batch', true],
    'GET /v1/batches/:id/images.zip': ['batch', true],
    'GET /v1/batches/:id/check': ['batch', true],
    'GET /v1/batches/:id/same-pictures': ['batch', true],
    'GET /v1/batches/:id/same-pictures.csv': ['batch', true],
    'GET /v1/batches/:id/check.csv': ['batch', true],
    'GET /v1/batches/:id/check.ndjson': ['batch', true],
    'POST /v1/batches/:id/retry': ['batch', false],
    'POST /v1/batches/:id/cancel': ['batch', false],
    'DELETE /v1/batches/:id': ['batch', false],
    'GET /v1/uploads/:id': ['upload', true],
    'GET /v1/uploads/:id/errors.csv': ['upload', true],
    'DELETE /v1/uploads/:id': ['upload', false],
    'GET /v1/images/:id': ['image', true],
    'GET /v1/images/:id/before': ['image', false], // 409: it has failed
    'GET /v1/presets/:name': ['preset', true],
    'DELETE /v1/presets/:name': ['preset', false],
    'GET /v1/channels/:name': ['channel', true],
    'DELETE /v1/channels/:name': ['channel', false],
    'GET /v1/pictures/:sha256': ['picture', true],
    'PUT /v1/pictures/:sha256': 'it marks contents of its own; see test/marks/marks.test.ts',
    'DELETE /v1/pictures/:sha256': ['picture', false],
    'GET /v1/hosts/:host': ['host', true],
  };
  /** The path of a route with this id, and the query that it cannot do without. */
  const pathWith = (route: string, id: string): string => {
    const [, url = ''] = route.split(' ');
    const query = url.endsWith('/find') ? '?q=THEIR' : /\/check\b/.test(url) ? '?channel=google' : '';
    return url.replace(/:\w+/, id) + query;
  };
  const NAMED: Record<string, [theirs: string, unknown: string]> = {
    preset: ['their-preset', 'other-preset'],
    channel: ['their-channel', 'other-channel'],
    host: ['their.example', 'other.example'],
    picture: ['a'.repeat(64), 'b'.repeat(64)],
  };

  test('with a parameter in its path is tried with an object of another tenant', () => {
    const withParameter = Object.keys(ACCESS).filter((route) => /[:*]/.test(route));
    assert.deepEqual(Object.keys(OBJECTS).toSorted(), withParameter.toSorted());
  });

  test("answers another tenant's object like an unknown one, byte for byte", async () => {
    const answerOf = async (route: string, id: string) => {
      const response = await send(route, ours.key, pathWith(route, id));
      const headers = [...response.headers].filter(
        ([header]) => header !== 'date' && header !== 'x-request-id',
      );
      return { status: response.status, headers, body: (await response.text()).replaceAll(id, 'ID') };
    };
    for (const [route, object] of Object.entries(OBJECTS)) {
      if (typeof object === 'string') continue;
      const [kind, isRead] = object;
      const own = theirIds[kind] ?? NAMED[kind]?.[0] ?? '';
      const unknown = NAMED[kind]?.[1] ?? own.slice(0, 4) + UNKNOWN;
      const [other, none] = [await answerOf(route, own), await answerOf(route, unknown)];
      assert.equal(none.status, 404, `${route} ${none.body}`);
      assert.deepEqual(other, none, route);
      if (!isRead) continue;
      const response = await send(route, theirs.key, pathWith(route, own));
      assert.equal(response.status, 200, `${route} by its own tenant`);
      await response.body?.cancel();
    }
  });

  test('shows nothing of another tenant in a list', async () => {
    const lists = Object.keys(ACCESS).filter((route) => /^GET \/v1\/[^:*.]+$/.test(route));
    assert.ok(lists.length >= 7);
    for (const route of lists) {
      const query = {
        'GET /v1/products': '?sku=THEIR-1',
        'GET /v1/images': '?url=https://their.example/1.jpg',
      };
      const path = exampleOf(route) + (query[route as keyof typeof query] ?? '');
      const textOf = async (key: string): Promise<string> => {
        const response = await send(route, key, path);
        assert.equal(response.status, 200, route);
        return response.text();
      };
      const [seen, own] = [await textOf(ours.key), await textOf(theirs.key)];
      for (const mark of theirMarks) assert.ok(!seen.includes(mark), `${route} shows ${mark}: ${seen}`);
      if (!/session|inbox|usage|audit|workers/.test(route))
        assert.ok(
          theirMarks.some((mark) => own.includes(mark)),
          route,
        );
    }
  });

  test('makes and changes objects of its own tenant only', async () => {
    const headers = { ...bearer(ours.key), 'content-type': 'application/json' };
    const put = (path: string, body: object): Promise<Response> =>
      fetch(api.url + path, { method: 'PUT', headers, body: JSON.stringify(body) });
    const before = await (await send('GET /', theirs.key, '/v1/presets/their-preset')).text();
    assert.equal(
      (await put('/v1/presets/their-preset', { renditions: [{ name: 'mine', width: 7 }] })).status,
      200,
    );
    assert.equal(await (await send('GET /', theirs.key, '/v1/presets/their-preset')).text(), before);
    const host = await json<{ ceiling: number; headers: string[] }>(
      put('/v1/hosts/their.example', { held_until: null }),
    );
    assert.deepEqual(host.headers, [], 'the secret headers of the other tenant stay its own');
    assert.notEqual(host.ceiling, 3);
    const { rows } = await sql<{ count: number }>`
      select count(distinct token) as count from tenants`.execute(api.services.database.db);
    assert.equal(rows[0]?.count, 3, 'each tenant has a token of its own in the URLs of its files');
  });

  test('an Idempotency-Key of another tenant is another key', async () => {
    const response = await fetch(`${api.url}/v1/batches`, {
      method: 'POST',
      headers: { ...bearer(ours.key), 'content-type': 'text/csv', 'idempotency-key': 'same' },
      body: 'SKU,Name,Image\n1,A,https://ours.example/1.jpg\n',
    });
    assert.equal(response.status, 202);
    assert.equal(response.headers.get('idempotency-replayed'), null);
    const { id } = await json<Batch>(response);
    assert.notEqual(id, theirIds['batch']);
  });

  test('a preset of another tenant cannot be used by its name', async () => {
    const response = await fetch(`${api.url}/v1/batches?preset=their-2`, {
      method: 'POST',
      headers: { ...bearer(ours.key), 'content-type': 'text/csv' },
      body: 'SKU,Name,Image\n1,A,https://ours.example/1.jpg\n',
    });
    assert.equal(response.status, 400);
  });
});

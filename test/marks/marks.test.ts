import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { sql } from 'kysely';
import { markOf, type Mark } from '../../src/pipeline/marks.ts';
import { MarkCache } from '../../src/marks/mark-cache.ts';
import { marksOf } from '../../src/marks/mark.queries.ts';
import { bearer } from '../support/api.ts';
import { anyContent } from '../support/contents.ts';
import { json } from '../support/minilab.ts';
import { startApi, type TenantsApi } from '../support/tenants-api.ts';

type Picture = { sha256: string; kind: string; note: string; by_look: boolean; created_at: string };
type Page = { items: Picture[]; next_cursor: string | null };

/** A mark whose look differs from that of others in the bits between. */
function markAt(bits: number, kind: Mark['kind'], chroma: [number, number] = [0, 0]): Mark {
  const hash = ((1n << BigInt(bits)) - 1n).toString(16).padStart(64, '0');
  return { sha256: Buffer.alloc(32, bits), kind, look: { hash, chroma } };
}

test('the mark of the same content holds, else that of the most similar picture, in doubt one that allows it', () => {
  const [none, near, far] = [markAt(0, 'placeholder'), markAt(10, 'allowed'), markAt(60, 'placeholder')];
  const marks = [none, near, far];
  const seen = (bits: number) => ({ ...markAt(bits, 'allowed'), sha256: Buffer.alloc(32, 255) });
  assert.equal(markOf(marks, { ...seen(10), sha256: none.sha256 }), none);
  assert.equal(markOf(marks, seen(4)), none);
  assert.equal(markOf(marks, seen(5)), near);
  assert.equal(markOf(marks, seen(29)), near);
  assert.equal(markOf(marks, seen(42)), far);
  assert.equal(markOf([none], seen(32)), undefined);
  assert.equal(markOf([markAt(4, 'placeholder', [9, 9])], seen(4)), undefined, 'another colour');
  assert.equal(markOf(marks, { sha256: Buffer.alloc(32, 255), look: null }), undefined);
  assert.equal(markOf([{ ...none, look: null }], seen(0)), undefined);
});

describe('/v1/pictures', () => {
  let api: TenantsApi;
  let [tenantId, key] = [0, ''];

  before(async () => {
    api = await startApi({ REQUESTS_PER_SECOND: '0' });
    ({ tenantId, key } = await api.newKey('marking'));
  });
  after(() => api[Symbol.asyncDispose]());

  const call = (method: string, path = '', body?: object, by = key): Promise<Response> =>
    fetch(`${api.url}/v1/pictures${path}`, {
      method,
      headers: { ...bearer(by), ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });

  async function problemOf(answer: Promise<Response>): Promise<{ code: string; detail: string }> {
    const { status } = await answer;
    const { code, detail } = await json<{ code: string; detail: string }>(answer);
    return { code: `${status} ${code}`, detail };
  }

  const shaOf = (number: number): string => number.toString(16).padStart(64, '0');

  /** Contents that are known: even ones are measured. */
  async function knows(from: number, to: number, tenant = tenantId): Promise<void> {
    await sql`
      insert into contents (tenant_id, sha256, format, width, height, bytes, look_hash, measures, measured_at)
      select ${tenant}, decode(lpad(to_hex(n), 64, '0'), 'hex'), 'png', 1, 1, 1, m.look, m.measures, m.at
      from generate_series(${from}::integer, ${to}::integer) n
      left join (select ('x' || ${anyContent().lookHash}::text)::bit(256) as look, ${JSON.stringify(anyContent().measures)}::jsonb as measures, now() as at) m on n % 2 = 0`.execute(
      api.services.database.db,
    );
  }

  test('a known content is marked, marked otherwise, shown, and no longer marked', async () => {
    await knows(1, 2);
    const mark = await json<Picture>(call('PUT', `/${shaOf(2)}`, { kind: 'placeholder' }));
    assert.partialDeepStrictEqual(mark, { sha256: shaOf(2), kind: 'placeholder', note: '', by_look: true });
    const changed = { ...mark, kind: 'allowed', note: 'a pipe' };
    const put = call('PUT', `/${shaOf(2).toUpperCase()}`, { kind: 'allowed', note: 'a pipe' });
    assert.deepEqual(await json<Picture>(put), changed);
    assert.deepEqual(await json<Picture>(call('GET', `/${shaOf(2)}`)), changed);
    assert.equal((await json<Picture>(call('PUT', `/${shaOf(1)}`, { kind: 'allowed' }))).by_look, false);
    assert.equal((await call('DELETE', `/${shaOf(1)}`)).status, 204);
    assert.match((await problemOf(call('GET', `/${shaOf(1)}`))).detail, /is not marked/);
  });

  test('a mark keeps the look of a content that was forgotten, and can be changed', async () => {
    const { db } = api.services.database;
    await sql`delete from contents where tenant_id = ${tenantId} and sha256 = decode(${shaOf(2)}, 'hex')`.execute(
      db,
    );
    const mark = await json<Picture>(call('PUT', `/${shaOf(2)}`, { kind: 'placeholder' }));
    assert.deepEqual([mark.kind, mark.by_look], ['placeholder', true]);
    const [known] = await marksOf(db, tenantId);
    const { lookHash, measures } = anyContent();
    assert.deepEqual(known?.look, { hash: lookHash, chroma: measures.chroma });
  });

  test('what is wrong is said: no hash, no content of this tenant, no kind', async () => {
    const other = await api.newKey('other');
    const mark = { kind: 'placeholder' };
    const noHash = await problemOf(call('PUT', '/abc', mark));
    assert.equal(noHash.code, '400 bad_request');
    assert.match(noHash.detail, /64 hexadecimal digits/);
    const foreign = await problemOf(call('PUT', `/${shaOf(1)}`, mark, other.key));
    const unknown = await problemOf(call('PUT', `/${shaOf(1)}`.replace('1', '7'), mark));
    assert.deepEqual([foreign.code, unknown.code], ['404 not_found', '404 not_found']);
    assert.match(foreign.detail, /source\.sha256/);
    for (const body of [{}, { kind: 'ugly' }, { ...mark, note: 'x'.repeat(501) }, { ...mark, notes: '' }])
      assert.equal((await problemOf(call('PUT', `/${shaOf(1)}`, body))).code, '400 bad_request');
    assert.equal(
      (await problemOf(call('PUT', `/${shaOf(1)}`, { ...mark, note: '\0' }))).code,
      '400 bad_request',
    );
    assert.equal((await problemOf(call('GET', '?cursor=W10'))).code, '400 bad_request');
  });

  test('are listed newest first, in pages, by kind; a tenant may have 1,000', async () => {
    const paging = await api.newKey('paging');
    await knows(1, 1001, paging.tenantId);
    const put = (number: number) =>
      call('PUT', `/${shaOf(number)}`, { kind: number === 3 ? 'allowed' : 'placeholder' }, paging.key);
    for (const number of [1, 2, 3, 4, 5]) assert.equal((await put(number)).status, 200);
    const found: string[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Page = await json<Page>(
        call('GET', `?limit=2${cursor && `&cursor=${cursor}`}`, undefined, paging.key),
      );
      found.push(...page.items.map(({ sha256 }) => sha256));
      cursor = page.next_cursor;
    }
    assert.deepEqual(found, [5, 4, 3, 2, 1].map(shaOf));
    const allowed = await json<Page>(call('GET', '?kind=allowed', undefined, paging.key));
    assert.deepEqual(
      allowed.items.map(({ sha256 }) => sha256),
      [shaOf(3)],
    );
    await sql`
      insert into known_pictures (tenant_id, sha256, kind)
      select tenant_id, sha256, 'allowed' from contents
      where tenant_id = ${paging.tenantId} and sha256 < decode(${shaOf(1001)}, 'hex') on conflict do nothing`.execute(
      api.services.database.db,
    );
    const refused = await problemOf(put(1001));
    assert.equal(refused.code, '429 quota_exceeded');
    assert.match(refused.detail, /1000 pictures are marked/);
    assert.equal((await put(3)).status, 200, 'a mark may still be changed');
  });

  test('a worker reads the marks of a tenant again when they have changed', async () => {
    const { db } = api.services.database;
    const cache = new MarkCache();
    const read = async () => {
      const { rows } = await sql<{ marks_version: number }>`
        select marks_version from tenants where tenant_id = ${tenantId}`.execute(db);
      return (await cache.of(db, new Map([[tenantId, rows[0]?.marks_version ?? 0]]))).get(tenantId);
    };
    const marks = await read();
    assert.deepEqual(
      marks?.map(({ kind }) => kind),
      ['placeholder'],
    );
    assert.equal(await read(), marks);
    assert.equal((await call('DELETE', `/${shaOf(2)}`)).status, 204);
    assert.deepEqual(await read(), []);
  });
});

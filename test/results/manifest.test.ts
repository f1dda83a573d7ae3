import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from 'kysely';
import type { BatchKey } from '../../src/batches/batch.ts';
import type { Services } from '../../src/services.ts';
import { manifest } from '../../src/results/manifest.ts';
import { findResults } from '../../src/results/results.queries.ts';
import { acceptUrls, claim, madeOf, newServices, record } from '../support/batches.ts';

const URL_OF_IMAGE = 'https://a.example/1.jpg';

type Line = { final_url: string | null; times: { fetched_at: string | null } };

async function setHeaders({ database }: Services, fingerprint: string | null): Promise<void> {
  const [headers, names] = fingerprint === null ? [null, null] : ['sealed', ['cookie']];
  await sql`
    insert into hosts (tenant_id, host, secret_headers, header_names, headers_fingerprint)
    values (1, 'a.example', ${headers}::bytea, ${names}::text[], ${fingerprint})
    on conflict (tenant_id, host) do update set secret_headers = excluded.secret_headers,
      header_names = excluded.header_names, headers_fingerprint = excluded.headers_fingerprint`.execute(
    database.db,
  );
}

/** A batch of one image, as it is fetched now. */
async function fetched(services: Services): Promise<BatchKey> {
  const batch = await acceptUrls(services, [URL_OF_IMAGE]);
  for (const { task, image } of await claim(services, 1))
    await record(services, [{ task, result: await madeOf(services, image) }]);
  return batch;
}

async function lineOf({ database }: Services, batch: BatchKey): Promise<Line> {
  const results = await findResults(database.db, batch);
  assert.ok(results);
  let text = '';
  for await (const page of manifest(database.db, results, 'http://localhost/files')) text += page;
  return JSON.parse(text.split('\n')[0] ?? '') as Line;
}

async function assertTold(services: Services, batch: BatchKey): Promise<void> {
  const { final_url, times } = await lineOf(services, batch);
  assert.equal(final_url, URL_OF_IMAGE);
  assert.ok(times.fetched_at);
}

test('the manifest has the source of an image, whatever secret headers its host has, had or gets', async () => {
  await using services = await newServices();
  const before = await fetched(services);
  await assertTold(services, before);
  for (const fingerprint of ['first', 'second', null]) {
    await setHeaders(services, fingerprint);
    await assertTold(services, before);
    await assertTold(services, await fetched(services));
  }
  const { rows } = await sql`select from sources`.execute(services.database.db);
  assert.equal(rows.length, 3, 'each is a source of its own');
});

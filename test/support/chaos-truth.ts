/** What must be true when all has ended, whatever happened meanwhile. Each answers the exceptions, so: nothing. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import type { Client } from 'pg';
import sharp from 'sharp';
import { publicId } from '../../src/ids.ts';
import { pathOf } from '../../src/storage/disk-paths.ts';
import type { Wish } from './chaos-load.ts';
import type { Heard } from './hearing.ts';
import type { S3Objects } from './s3-objects.ts';
import { numberOf, sizeOf } from './numbered-origin.ts';

/** One batch a wish, each with all of its slots; its counters are those of its rows, and so are its codes. */
export async function countersAreRows(client: Client, wishes: Wish[]): Promise<void> {
  const { rows: names } = await client.query<{ name: string }>('select name from batches order by name');
  assert.deepEqual(
    names.map(({ name }) => name),
    wishes.map(({ key }) => key).toSorted(),
  );
  const { rows } = await client.query(`
    select b.name, b.state, b.round, b.images, b.completed, b.failed, b.cancelled, b.errors_by_code,
      b.bytes_in, b.bytes_out, i.*, codes, sources, files
    from batches b cross join lateral (
      select count(*) as slots, count(distinct slot) as different, max(slot) as last_slot,
        count(*) filter (where state = 'completed') as rows_completed,
        count(*) filter (where state = 'failed') as rows_failed,
        count(*) filter (where state = 'cancelled' or b.state = 'cancelled' and state = 'pending') as rows_cancelled
      from images where batch_id = b.batch_id) i cross join lateral (
      select coalesce(jsonb_object_agg(error_code, n), '{}') as codes from (
        select error_code, count(*) as n from images
        where batch_id = b.batch_id and state = 'failed' group by error_code) c) e cross join lateral (
      select coalesce(sum(s.source_bytes), 0) as sources, coalesce(sum(f.bytes), 0) as files
      from images join rendition_sets s using (tenant_id, hash16)
      cross join lateral (select sum(bytes) as bytes from renditions r where r.hash16 = s.hash16) f
      where batch_id = b.batch_id and slot = lead_slot) m
    where b.ended_at is null or (b.completed, b.failed, b.cancelled) <> (rows_completed, rows_failed, rows_cancelled)
      or slots <> b.images or different <> b.images or last_slot <> b.images
      or b.completed + b.failed + b.cancelled <> b.images or b.errors_by_code <> codes
      or (b.bytes_in, b.bytes_out) <> (sources, files)`);
  assert.deepEqual(rows, []);
}

/** The stored bytes of each tenant, counted by every worker that was killed too, are those of its renditions. */
export async function storedBytesAreTrue(client: Client): Promise<void> {
  const { rows } = await client.query(`
    select tenant_id, counted, stored from
      (select tenant_id, sum(bytes) as counted from stored_bytes group by tenant_id) c
      full join (select tenant_id, sum(bytes) as stored from renditions group by tenant_id) r using (tenant_id)
    where coalesce(counted, 0) <> coalesce(stored, 0)`);
  assert.deepEqual(rows, []);
}

/** Every round ended with one event, which tells the counts of then; the last one tells those of now. */
export async function oneEventARound(client: Client, wishes: Wish[]): Promise<void> {
  const { rows } = await client.query(`
    select b.name, b.state, b.round, e.rounds, e.last
    from batches b cross join lateral (
      select coalesce(array_agg(round order by round), '{}') as rounds,
        (array_agg(type || ' ' || counts order by round desc))[1] as last
      from (
        select type, (body::json #>> '{data,batch,round}')::integer as round,
          concat_ws(' ', body::json #>> '{data,batch,counts,completed}', body::json #>> '{data,batch,counts,failed}',
            body::json #>> '{data,batch,counts,cancelled}') as counts
        from webhook_events where batch_id = b.batch_id) told) e
    where e.rounds <> array(select generate_series(1, b.round))
      or e.last is distinct from 'batch.' || b.state || ' ' || concat_ws(' ', b.completed, b.failed, b.cancelled)`);
  assert.deepEqual(rows, []);
  const { rows: rounds } = await client.query<{ name: string; round: number }>(
    'select name, round from batches',
  );
  const byName = new Map(rounds.map(({ name, round }) => [name, round]));
  assert.deepEqual(
    wishes.filter(({ key, rounds }) => byName.get(key) !== rounds).map(({ key, rounds }) => [key, rounds]),
    [],
  );
}

/** Every event was heard where it belongs, signed with the secret of that place, and no other was. */
export async function everyEventIsHeard(
  client: Client,
  { wishes, heard, secret }: { wishes: Wish[]; heard: Heard[]; secret: string },
): Promise<number> {
  const { rows } = await client.query<{ event_id: string; name: string; round: number; state: string }>(`
    select e.event_id, b.name, d.state, (body::json #>> '{data,batch,round}')::integer as round
    from webhook_events e join batches b using (batch_id) left join webhook_deliveries d using (event_id)`);
  const byKey = new Map(wishes.map((wish) => [wish.key, wish]));
  const wanted = rows.map(({ event_id, name, round, state }) => {
    const wish = byKey.get(name);
    return [publicId('evt', event_id), wish?.callback ?? '/all', wish?.accepted?.id, round, state].join(' ');
  });
  const told = heard.map(({ id, path, batch, round }) => [id, path, batch, round, 'delivered'].join(' '));
  assert.deepEqual([...new Set(told)].toSorted(), wanted.toSorted());
  const secrets = new Map(wishes.map(({ callback, accepted }) => [callback, accepted?.webhook_secret]));
  const unsigned = heard.filter(({ path, isSignedBy }) => !isSignedBy(secrets.get(path) ?? secret));
  assert.deepEqual(unsigned, []);
  return told.length - wanted.length;
}

export async function allIsDelivered(client: Client): Promise<boolean> {
  const { rows } = await client.query(`select from webhook_deliveries where state = 'pending' limit 1`);
  return rows.length === 0;
}

/** No task is left, and nobody's try met an error of ours. */
export async function nothingIsLeft(client: Client): Promise<void> {
  const { rows: tasks } = await client.query(
    `select name, state, count(*) from pgboss.job
    where name in ('process_image', 'lost_image', 'deliver_webhook') and state < 'completed' group by name, state`,
  );
  assert.deepEqual(tasks, []);
  const { rows: tries } = await client.query(
    `select code, detail, count(*) from attempts where code in ('internal_error', 'worker_lost') group by code, detail`,
  );
  assert.deepEqual(tries, []);
}

/** What has not ended, and who might go on with it: for whoever looks into a failure. */
export async function unfinished(client: Client): Promise<string> {
  const statements = {
    images: `
      select b.name, i.state, count(*) as images, min(slot) as first_slot, min(due_at) - now() as due_in,
        min(j.state::text) as task, min(j.start_after) - now() as starts_in, max(j.retry_count) as retries,
        max(j.heartbeat_on) - now() as lease
      from batches b join images i using (tenant_id, batch_id) left join pgboss.job j on j.id = i.task_id
      where b.ended_at is null and i.ended_at is null group by b.name, i.state`,
    workers: 'select machine, now() - seen_at as silent, in_hand, slots, paused_because from workers',
    hosts: `
      select h.host, h.places, h.held_until - now() as held, h.connect_failures, h.last_code, h.last_error,
        (select json_agg(l) from host_leases l where l.host = h.host) as leases from hosts h`,
    chores: 'select name, due_at - now() as due_in, worker_id from chores where due_at < now()',
  };
  const lines: string[] = [];
  for (const [what, statement] of Object.entries(statements)) {
    const { rows } = await client.query(statement);
    lines.push(what, ...rows.map((row) => `  ${JSON.stringify(row)}`));
  }
  return lines.join('\n');
}

/** Permits of hosts, leases of files and of uploads, which last up to 30 s after a worker was killed. */
export async function leases(client: Client): Promise<unknown[]> {
  const { rows } = await client.query(`
    select 'permits' as what, host as of from host_leases where leased_until > now()
    union all select 'files', hash16 from purges where leased_until > now()
    union all select 'upload', key from idempotency_keys where answer is null and leased_until > now()`);
  return rows;
}

/** What images refer to: SHA-256 by key. */
async function recordedFiles(client: Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ key: string; sha256: string }>(`
    select t.token || '/' || r.hash16 || '/' || r.name || '.' || r.extension as key, encode(r.sha256, 'hex') as sha256
    from renditions r join tenants t using (tenant_id)
    where exists (select from images i where i.tenant_id = r.tenant_id and i.hash16 = r.hash16)`);
  return new Map(rows.map(({ key, sha256 }) => [key, sha256]));
}

/** The files of the storage are those that images refer to, each with the content that was recorded. */
export async function filesAreRows(client: Client, folder: string): Promise<number> {
  const recorded = new Map(
    [...(await recordedFiles(client))].map(([key, sha256]) => [pathOf(folder, key), sha256]),
  );
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  const found = await Promise.all(paths.map(async (path) => [path, sha256Of(await readFile(path))] as const));
  areTheSame(new Map(found), recorded);
  return found.length;
}

/** As filesAreRows, of a bucket. @param prefix of its keys */
export async function objectsAreRows(client: Client, objects: S3Objects, prefix: string): Promise<number> {
  const found = contentsOf(objects, prefix);
  areTheSame(found, await recordedFiles(client));
  return found.size;
}

/** How many files of a bucket no image refers to. */
export async function orphansIn(client: Client, objects: S3Objects, prefix: string): Promise<number> {
  const recorded = await recordedFiles(client);
  return [...contentsOf(objects, prefix).keys()].filter((key) => !recorded.has(key)).length;
}

function contentsOf(objects: S3Objects, prefix: string): Map<string, string> {
  return new Map(
    objects.fileKeys.map((key) => [
      key.slice(prefix.length),
      sha256Of(objects.get(key)?.body ?? Buffer.alloc(0)),
    ]),
  );
}

function areTheSame(found: Map<string, string>, recorded: Map<string, string>): void {
  const differing = [...recorded].filter(([key, sha256]) => (found.get(key) ?? sha256) !== sha256);
  assert.deepEqual(
    {
      lost: [...recorded.keys()].filter((key) => !found.has(key)),
      left: [...found.keys()].filter((key) => !recorded.has(key)),
      differing: differing.map(([key]) => key),
    },
    { lost: [], left: [], differing: [] },
  );
}

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Each slot of the output holds the pictures of its own URL, and each without one says why. */
export async function everySlotIsRight(
  wish: Wish,
  { csv, pictureAt }: { csv: string; pictureAt: (url: string) => Promise<Buffer> },
): Promise<number> {
  const rows = parse(csv, { columns: true }) as Record<string, string>[];
  const images = rows.map((row) => row['Input Image Urls']?.split(',').map(numberOf));
  assert.deepEqual(images, wish.rows, wish.key);
  let pictures = 0;
  for (const [i, numbers] of wish.rows.entries())
    for (const column of ['Output Image Urls', 'Output Image Urls (thumb)']) {
      const urls = rows[i]?.[column]?.split(',') ?? [];
      assert.equal(urls.length, numbers.length, wish.key);
      for (const [at, number] of numbers.entries()) {
        const [url = '', where] = [urls[at], `${wish.key}, row ${i + 1}, image ${at + 1}`];
        const isThere = (wish.comesIn.get(number) ?? 1) <= wish.rounds;
        if (wish.isCancelled ? url !== '' : isThere) {
          const { width, height } = await sharp(await pictureAt(url)).metadata();
          assert.deepEqual({ width, height }, sizeOf(number), where);
          pictures += 1;
        } else assert.equal(url, '', where);
      }
    }
  return pictures;
}

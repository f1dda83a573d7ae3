import { join } from 'node:path';
import { Readable } from 'node:stream';
import { sql } from 'kysely';
import { pino } from 'pino';
import { BUILTIN_CHANNELS } from '../src/channels/builtin.ts';
import { readConfig } from '../src/config.ts';
import type { BatchKey } from '../src/batches/batch.ts';
import type { Db } from '../src/db/database.ts';
import { holdEmbeddedServer } from '../src/db/embedded.ts';
import { acceptUpload } from '../src/intake/accept.ts';
import { stageUpload } from '../src/intake/staged-upload.ts';
import { BatchCheck } from '../src/results/check/check.ts';
import { checkCsv, checkNdjson } from '../src/results/check/lines.ts';
import { summaries } from '../src/results/check/summary.ts';
import { fileUrls } from '../src/results/files.ts';
import { outputCsv } from '../src/results/output-csv.ts';
import { outputRows } from '../src/results/output-rows.ts';
import { findResults } from '../src/results/results.queries.ts';
import { findLooksOf } from '../src/work/looks/looks.ts';
import { openServices } from '../src/services.ts';
import { anyContent } from '../test/support/contents.ts';
import { newFolder } from '../test/support/folder.ts';
import type { Lengths } from './lengths.ts';
import { median, PRESET, settingsOf } from './rig.ts';

const REPORTS = ['output_csv', 'check', 'check_csv', 'check_ndjson', 'output_csv_with_check'] as const;
type Report = (typeof REPORTS)[number];

/** Times of the reports on a batch, and as ratios to that of output.csv. `rss_grown_mb`: while all of them ran. */
export type Check = {
  images: number;
  output_csv_seconds: number;
  of_output_csv: Record<Exclude<Report, 'output_csv'>, number>;
  rss_grown_mb: number;
};

const IMAGES_A_ROW = 2;
const ROUNDS = 3;

/** Reports a batch as no worker made it: its images were written as completed, each with measures of its own. */
export async function check({ checked: images }: Lengths): Promise<Check> {
  await using folder = await newFolder();
  await using stack = new AsyncDisposableStack();
  const server = await holdEmbeddedServer(folder.path, 'bench');
  stack.defer(() => server.close());
  const settings = settingsOf(folder.path, await server.database('bench'));
  const services = await openServices(readConfig(settings), settings.DATABASE_URL, pino({ level: 'silent' }));
  stack.defer(services.close);
  const { db } = services.database;
  const staged = await stageUpload(Readable.from(rows(images / IMAGES_A_ROW)), {
    ...{ tenantId: 1, folder: join(folder.path), maxBytes: 1e9, allowPaths: false, presets: [] },
  });
  const acceptance = { tenantId: 1, name: 'bench', preset: PRESET };
  const { batch_id: batchId } = await acceptUpload(services.database, staged, acceptance, services.feed);
  await staged[Symbol.asyncDispose]();
  const batch = { tenantId: 1, batchId };
  await complete(db, batch);
  await findLooksOf(batch, { db, log: services.log, signal: new AbortController().signal });

  const rssBefore = process.memoryUsage.rss();
  let rssPeak = rssBefore;
  const watch = setInterval(() => (rssPeak = Math.max(rssPeak, process.memoryUsage.rss())), 100);
  const seconds = await measured(db, batch, images >= 1_000_000 ? 1 : ROUNDS);
  clearInterval(watch);
  const { output_csv, ...others } = seconds;
  const ratios = Object.entries(others).map(([name, value]) => [name, value / output_csv]);
  return {
    images,
    output_csv_seconds: output_csv,
    of_output_csv: Object.fromEntries(ratios) as Check['of_output_csv'],
    rss_grown_mb: (rssPeak - rssBefore) / 1e6,
  };
}

function* rows(count: number): Generator<Buffer> {
  yield Buffer.from('SKU,Product Name,google_product_category,Images\n');
  for (let row = 1; row <= count; row += 1) {
    const urls = Array.from({ length: IMAGES_A_ROW }, (_, i) => `https://shop.example/p/${row}-${i}.jpg`);
    yield Buffer.from(`SKU-${row},A product with a name ${row},${row % 3 ? 166 : 222},${urls.join(' ')}\n`);
  }
}

/** What differs from picture to picture, with as many digits as measures have. */
const VARYING = sql`jsonb_build_object(
  'background', case when slot % 3 = 0 then '#' || substr(md5(slot::text), 1, 6) else '#ffffff' end,
  'border_white', slot * 7 % 1000 / 1000.0, 'border_uniform', slot * 11 % 1000 / 1000.0,
  'object', jsonb_build_object('left', slot % 97, 'top', slot % 89, 'width', 300 + slot % 1201, 'height', 300 + slot % 1103),
  'fill', 0.5 + slot * 13 % 500 / 1000.0, 'fill_box', 0.3 + slot * 17 % 500 / 1000.0,
  'measured', jsonb_build_object('width', 300 + slot % 1500, 'height', 300 + slot % 1400),
  'touches', case when slot % 5 = 0 then '["top"]'::jsonb else '[]' end, 'grey', slot % 7 = 0,
  'jpeg_quality', 70 + slot % 30, 'sharpness', slot * 19 % 1000 / 1000.0,
  'chroma', jsonb_build_array(slot * 3 % 100 / 10.0, slot * 7 % 100 / 10.0), 'colour_count', 20 + slot % 46)`;

async function complete(db: Db, { tenantId, batchId }: BatchKey): Promise<void> {
  const images = sql`from images where tenant_id = ${tenantId} and batch_id = ${batchId}`;
  await sql`
    insert into rendition_sets (tenant_id, hash16, source_sha256, source_format, source_width, source_height, source_bytes)
    select tenant_id, substr(md5(slot::text), 1, 16), decode(md5(slot::text) || md5(slot::text), 'hex'), 'jpeg', 1200, 1200, 90000
    ${images}`.execute(db);
  await sql`
    insert into contents (tenant_id, sha256, format, width, height, bytes, look_hash, measures, measured_at)
    select tenant_id, decode(md5(slot::text) || md5(slot::text), 'hex'), 'jpeg', 300 + slot % 1500, 300 + slot % 1400, 90000,
      null, ${JSON.stringify(anyContent().measures)}::jsonb || ${VARYING}, now()
    ${images}`.execute(db);
  await sql`
    insert into renditions (tenant_id, hash16, name, ordinal, format, extension, width, height, bytes, sha256)
    select tenant_id, substr(md5(slot::text), 1, 16), 'full', 1, 'jpeg', 'jpg', 1200, 1200, 50000, '' ${images}`.execute(
    db,
  );
  await sql`
    update images set state = 'completed', hash16 = substr(md5(slot::text), 1, 16), task_id = null, due_at = null, ended_at = now()
    where tenant_id = ${tenantId} and batch_id = ${batchId}`.execute(db);
  await sql`
    update batches set state = 'completed', completed = images, ended_at = now() where tenant_id = ${tenantId} and batch_id = ${batchId}`.execute(
    db,
  );
  for (const table of ['images', 'products', 'rendition_sets', 'renditions', 'contents'])
    await sql`vacuum (analyze) ${sql.table(table)}`.execute(db);
}

/** Rounds alternate, so that a slow moment meets all reports. In seconds. */
async function measured(db: Db, batch: BatchKey, rounds: number): Promise<Record<Report, number>> {
  const results = await findResults(db, batch);
  const google = BUILTIN_CHANNELS.filter(({ name }) => name === 'google');
  if (!results) throw new Error('the batch is gone');
  const filesUrl = 'https://minilab.example/files';
  const urlOf = fileUrls(results, filesUrl);
  const choice = { of: 'source', asOf: '2027-01-31', rendition: undefined, category: undefined } as const;
  const newCheck = (): BatchCheck => new BatchCheck(db, results, { ...choice, channels: google }, filesUrl);
  const reports: Record<Report, () => Promise<unknown>> = {
    output_csv: () => drain(outputCsv(outputRows(db, results, urlOf), results.format)),
    check: () => summaries(newCheck()),
    check_csv: () => drain(checkCsv(newCheck())),
    check_ndjson: () => drain(checkNdjson(newCheck())),
    output_csv_with_check: () => drain(outputCsv(outputRows(db, results, urlOf, newCheck()), results.format)),
  };
  const times = new Map<Report, number[]>(REPORTS.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1)
    for (const name of REPORTS) {
      const startedAt = performance.now();
      await reports[name]();
      const seconds = (performance.now() - startedAt) / 1000;
      times.get(name)?.push(seconds);
      process.stderr.write(`${name} ${seconds.toFixed(2)} s\n`);
    }
  const medians = [...times].map(([name, seconds]) => [name, median(seconds)]);
  return Object.fromEntries(medians) as Record<Report, number>;
}

async function drain(pieces: AsyncGenerator<string>): Promise<void> {
  for await (const piece of pieces) void piece;
}

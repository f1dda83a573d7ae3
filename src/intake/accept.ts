import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { sql } from 'kysely';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { countUpload } from '../access/quotas.ts';
import { refuseDeleted } from '../access/tenants.ts';
import { type BatchRow, findBatch } from '../batches/batch.queries.ts';
import { lockBatches } from '../batches/counters.ts';
import { moveOn, type MoveRules } from '../batches/move-on.ts';
import type { Database, Db } from '../db/database.ts';
import type { OnPlaceholder } from '../pipeline/marks.ts';
import type { Preset } from '../presets/spec.ts';
import { addCallbackEndpoint, type Endpoint } from '../webhooks/endpoints.ts';
import type { KeyLease } from './idempotency.ts';
import { DEFAULT_DEADLINE_HOURS } from './option-schemas.ts';
import { insertPictures } from './store-pictures.ts';
import type { SpoolFiles } from './spool.ts';
import type { StagedUpload } from './staged-upload.ts';

export type Acceptance = {
  tenantId: number;
  /** of the batch */
  name: string;
  /** of the uploaded file, where the upload gives one */
  fileName?: string | undefined;
  /** for rows that choose none */
  preset: Preset;
  /** of the output files; see parseNameTemplate */
  nameTemplate?: string | undefined;
  /** fetches every source and makes every rendition again */
  isForced?: boolean | undefined;
  /** for how many seconds a fetched source is not requested again; null: as its host says */
  freshForS?: number | null;
  /** what becomes of images that are marked placeholders; they fail by default */
  placeholders?: OnPlaceholder | undefined;
  /** 24 by default */
  deadlineHours?: number | undefined;
  /** whether products that do not say their category are apparel; undefined: unknown */
  apparel?: boolean | undefined;
  /** receives the completion event instead of WEBHOOK_URL */
  callback?: Endpoint | undefined;
  /** writes who uploaded it into the audit log, in the same transaction */
  audit?: ((trx: Db, row: BatchRow) => Promise<void>) | undefined;
};

/** The idempotency key of an upload, with what is stored for later requests that send it too. */
export type KeyedAnswer = {
  lease: KeyLease;
  requestSha256: Buffer;
  answerOf(row: BatchRow): object;
};

/**
 * Stores a staged upload, whose pictures are in storage, in one transaction: its rows, its counters, its first tasks, and the answer for its
 * idempotency key. An upload without any work to do also settles in it.
 * @returns the accepted batch
 * @throws Problem `idempotency_key_in_use` if the key's lease was lost, `unauthorized` if the tenant was deleted
 *   meanwhile, `quota_exceeded`, `quota_insufficient`; then nothing is stored
 */
export async function acceptUpload(
  database: Database,
  staged: StagedUpload,
  acceptance: Acceptance,
  rules: MoveRules,
  keyed?: KeyedAnswer,
): Promise<BatchRow> {
  const key = { tenantId: acceptance.tenantId, batchId: staged.batchId };
  return database.transactionWithClient(async (trx, client) => {
    await insertBatch(trx, staged, acceptance);
    await refuseDeleted(trx, key.tenantId);
    await insertPictures(trx, { ...key, pictures: staged.pictures });
    for (const { target, path } of copyTargets(staged.files)) await copy(client, path, target);
    if (staged.images >= WORTH_ANALYZING) await sql`analyze images`.execute(trx);
    await moveOn(trx, (await lockBatches(trx, [key])).values(), rules);
    const row = await findBatch(trx, key);
    if (!row) throw new Error('the accepted batch does not exist');
    await keyed?.lease.storeAnswer(trx, keyed.requestSha256, keyed.answerOf(row));
    await acceptance.audit?.(trx, row);
    await countUpload(trx, { ...key, images: staged.images, bytes: staged.bytes }); // last: it locks the tenant
    return row;
  });
}

const FLAWS_KEPT = 100; // of errors and of warnings: every status response includes them; a preview has 1,000

/** Inserts the row of a batch, without its products and images. */
export async function insertBatch(trx: Db, staged: StagedUpload, acceptance: Acceptance): Promise<void> {
  const { tenantId, name, preset, callback } = acceptance;
  const endpointId = callback ? await addCallbackEndpoint(trx, tenantId, callback) : null;
  const warnings = staged.warnings.slice(0, FLAWS_KEPT);
  const rowErrors = staged.rowErrors.slice(0, FLAWS_KEPT);
  const rejected = sumOf(staged.rejectedImages);
  // file_bytes and file_sha256 are read by nothing, but are columns without a default.
  // ended_before: images of rejected rows fail before the first round begins, so they do not count in its speed.
  await sql`
    insert into batches (tenant_id, batch_id, name, preset, recipes, table_format, file_bytes, file_sha256,
      warnings, warning_count, products, images, callback_endpoint_id,
      failed, errors_by_code, rejected_rows, row_errors, row_error_count, name_template,
      ended_before, force, fresh_for_s, placeholders, deadline_hours, file_name, main_preset, apparel)
    values (${tenantId}, ${staged.batchId}, ${name}, ${preset.name},
      ${JSON.stringify(staged.recipes(preset))}, ${JSON.stringify(staged.format)}, ${staged.bytes}, ${staged.sha256},
      ${JSON.stringify(warnings)}, ${staged.warningCount}, ${staged.products}, ${staged.images}, ${endpointId},
      ${rejected}, ${JSON.stringify(staged.rejectedImages)}, ${staged.rejectedRows},
      ${JSON.stringify(rowErrors)}, ${staged.rowErrorCount}, ${acceptance.nameTemplate ?? null},
      ${rejected}, ${acceptance.isForced ?? false}, ${acceptance.freshForS ?? null}, ${acceptance.placeholders ?? 'fail'},
      ${acceptance.deadlineHours ?? DEFAULT_DEADLINE_HOURS}, ${acceptance.fileName ?? null},
      ${staged.mainPreset?.name ?? null}, ${acceptance.apparel ?? null})`.execute(trx);
}

function sumOf(counts: Record<string, number>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

const PRODUCTS =
  'products (tenant_id, batch_id, row_number, line, name, label, sku, cells, first_slot, images, flaws, quoted)';
const IMAGE = 'tenant_id, image_id, batch_id, slot, row_number, position, url, host, recipe, lead_slot';

/** Which spool file is copied into which table and columns. */
export function copyTargets(files: SpoolFiles): { target: string; path: string }[] {
  return [
    { target: PRODUCTS, path: files.products },
    { target: `images (${IMAGE})`, path: files.images },
    { target: `images (${IMAGE}, state, error_code, error_detail, ended_at)`, path: files.rejectedImages },
  ];
}

// Without statistics, the planner assumes that a table that has just grown is tiny, and a feed scans all of it;
// autovacuum runs only a minute later. ANALYZE samples 30,000 rows, in about 0.1 s.
const WORTH_ANALYZING = 1_000;

async function copy(client: PoolClient, file: string, target: string): Promise<void> {
  await pipeline(createReadStream(file), client.query(copyFrom(`copy ${target} from stdin`)));
}

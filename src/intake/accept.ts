import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { sql } from 'kysely';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { BatchKey } from '../batches/batch.ts';
import { lockBatches } from '../batches/counters.ts';
import { moveOn, type MoveRules } from '../batches/move-on.ts';
import type { Database, Db } from '../db/database.ts';
import type { Preset } from '../presets/spec.ts';
import { addCallbackEndpoint, type Endpoint } from '../webhooks/endpoints.ts';
import type { StagedUpload } from './staged-upload.ts';
import type { SpoolFiles } from './spool.ts';

export type Acceptance = {
  tenantId: number;
  name: string;
  /** as the upload called it */
  fileName?: string | undefined;
  /** for rows that choose none */
  preset: Preset;
  /** of the files; see parseNameTemplate */
  nameTemplate?: string | undefined;
  /** whether all is done again */
  isForced?: boolean | undefined;
  /** how long sources are not asked for again; null: as their hosts say */
  freshForS?: number | null;
  /** 24 if it is left out */
  deadlineHours?: number | undefined;
  /** who is to hear of the end, instead of WEBHOOK_URL */
  callback?: Endpoint | undefined;
  /** does what must be stored together with the batch */
  onStored?(trx: Db, key: BatchKey): Promise<void>;
};

/**
 * Stores a staged upload: its rows, its counters and the first tasks, all in one transaction, so that no
 * upload is ever half there. A batch without anything to do ends in it too.
 */
export async function acceptUpload(
  database: Database,
  staged: StagedUpload,
  acceptance: Acceptance,
  feed: MoveRules,
): Promise<BatchKey> {
  const key = { tenantId: acceptance.tenantId, batchId: staged.batchId };
  await database.transactionWithClient(async (trx, client) => {
    await insertBatch(trx, staged, acceptance);
    for (const { target, path } of copyTargets(staged.files)) await copy(client, path, target);
    if (staged.images >= WORTH_ANALYZING) await sql`analyze images`.execute(trx);
    await moveOn(trx, (await lockBatches(trx, [key])).values(), feed);
    await acceptance.onStored?.(trx, key);
  });
  return key;
}

const FLAWS_KEPT = 100; // of each kind: every look at the status tells them; a preview tells 1,000

const DEADLINE_HOURS = 24;

export async function insertBatch(trx: Db, staged: StagedUpload, acceptance: Acceptance): Promise<void> {
  const { tenantId, name, preset, callback } = acceptance;
  const endpointId = callback ? await addCallbackEndpoint(trx, tenantId, callback) : null;
  const warnings = staged.warnings.slice(0, FLAWS_KEPT);
  const rowErrors = staged.rowErrors.slice(0, FLAWS_KEPT);
  await sql`
    insert into batches (tenant_id, batch_id, name, preset, recipes, table_format, file_bytes, file_sha256,
      warnings, warning_count, products, images, callback_endpoint_id,
      failed, errors_by_code, rejected_rows, row_errors, row_error_count, name_template,
      ended_before, force, fresh_for_s, deadline_hours, file_name)
    values (${tenantId}, ${staged.batchId}, ${name}, ${preset.name},
      ${JSON.stringify(staged.recipes(preset))}, ${JSON.stringify(staged.format)}, ${staged.bytes}, ${staged.sha256},
      ${JSON.stringify(warnings)}, ${staged.warningCount}, ${staged.products}, ${staged.images}, ${endpointId},
      ${rejectedImages(staged)}, ${JSON.stringify(staged.rejectedImages)}, ${staged.rejectedRows},
      ${JSON.stringify(rowErrors)}, ${staged.rowErrorCount}, ${acceptance.nameTemplate ?? null},
      ${rejectedImages(staged)}, ${acceptance.isForced ?? false}, ${acceptance.freshForS ?? null},
      ${acceptance.deadlineHours ?? DEADLINE_HOURS}, ${acceptance.fileName ?? null})`.execute(trx);
}

function rejectedImages({ rejectedImages }: StagedUpload): number {
  return Object.values(rejectedImages).reduce((sum, count) => sum + count, 0);
}

const PRODUCTS =
  'products (tenant_id, batch_id, row_number, line, name, label, sku, cells, first_slot, images, flaws, quoted)';
const IMAGE = 'tenant_id, image_id, batch_id, slot, row_number, position, url, host, recipe, lead_slot';

/** Which file goes into which table and columns. */
export function copyTargets(files: SpoolFiles): { target: string; path: string }[] {
  return [
    { target: PRODUCTS, path: files.products },
    { target: `images (${IMAGE})`, path: files.images },
    { target: `images (${IMAGE}, state, error_code, error_detail, ended_at)`, path: files.rejectedImages },
  ];
}

// Without statistics the planner takes a table that has just grown for a tiny one, and a feed reads all of
// it; autovacuum comes a minute later. The sample of 30,000 rows is read in about 0.1 s.
const WORTH_ANALYZING = 1_000;

async function copy(client: PoolClient, file: string, target: string): Promise<void> {
  await pipeline(createReadStream(file), client.query(copyFrom(`copy ${target} from stdin`)));
}

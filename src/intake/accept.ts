import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { sql } from 'kysely';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { BatchKey } from '../batches/batch.ts';
import { feedBatch, type FeedRules } from '../batches/feed.ts';
import { askToSettle } from '../batches/settle.ts';
import { type Database, transactionWithClient } from '../db/database.ts';
import type { Preset } from '../presets/spec.ts';
import { addCallbackEndpoint, type Endpoint } from '../webhooks/endpoints.ts';
import type { Draft } from './draft.ts';

export type Acceptance = {
  tenantId: number;
  name: string;
  /** for rows that choose none */
  preset: Preset;
  /** who is to hear of the end, instead of WEBHOOK_URL */
  callback?: Endpoint | undefined;
};

/**
 * Stores a draft: its rows, its counters and the first tasks, all in one transaction, so that no
 * upload is ever half there. A batch without any image is settled at once.
 */
export async function acceptDraft(
  { pool }: Database,
  draft: Draft,
  acceptance: Acceptance,
  rules: FeedRules,
): Promise<BatchKey> {
  const key = { tenantId: acceptance.tenantId, batchId: draft.batchId };
  const recipes = draft.recipes(acceptance.preset);
  await transactionWithClient(pool, async (trx, client) => {
    const callback = acceptance.callback;
    const endpointId = callback ? await addCallbackEndpoint(trx, key.tenantId, callback) : null;
    await sql`
      insert into batches (tenant_id, batch_id, name, preset, recipes, table_format, file_bytes, file_sha256,
        warnings, warning_count, products, images, callback_endpoint_id)
      values (${key.tenantId}, ${key.batchId}, ${acceptance.name}, ${acceptance.preset.name},
        ${JSON.stringify(recipes)}, ${JSON.stringify(draft.format)}, ${draft.bytes}, ${draft.sha256},
        ${JSON.stringify(draft.warnings)}, ${draft.warningCount}, ${draft.products}, ${draft.images}, ${endpointId})`.execute(
      trx,
    );
    await copy(
      client,
      draft.productsFile,
      'products (tenant_id, batch_id, row_number, line, name, label, cells, first_slot, images)',
    );
    await copy(
      client,
      draft.imagesFile,
      'images (tenant_id, image_id, batch_id, slot, row_number, position, url, host, recipe, lead_slot)',
    );
    if (draft.images >= WORTH_ANALYZING) await sql`analyze images`.execute(trx);
    if (draft.images === 0) await askToSettle(trx, { ...key, round: 1 }, rules.queue);
    else await feedBatch(trx, key, rules);
  });
  return key;
}

// Without statistics the planner takes a table that has just grown for a tiny one, and a feed reads all of
// it; autovacuum comes a minute later. The sample of 30,000 rows is read in about 0.1 s.
const WORTH_ANALYZING = 1_000;

async function copy(client: PoolClient, file: string, target: string): Promise<void> {
  await pipeline(createReadStream(file), client.query(copyFrom(`copy ${target} from stdin`)));
}

/**
 * Deletes what belongs to deleted tenants. Each step is idempotent and begins with what is left, so it does not
 * matter where a worker was killed, nor that several do it at once. Files are removed by the purge protocol.
 */
import { sql } from 'kysely';
import { deleteKeysOf } from '../access/key.queries.ts';
import { deleteUsageOf } from '../access/quotas.ts';
import { endClearing, tenantsToClear } from '../access/tenants.ts';
import { cancelBatch } from '../batches/cancel.ts';
import { batchesOf, deleteBatch, purgeAllOf } from '../batches/delete.ts';
import type { EventRules } from '../batches/events.ts';
import { type Database, type Db, longTransaction } from '../db/database.ts';
import { Problem } from '../errors.ts';
import { deleteHostsOf } from '../hosts/host.queries.ts';
import { deleteAnswersOf } from '../intake/idempotency.ts';
import { deleteUploadsOf } from '../intake/kept-uploads.ts';
import { deleteMarksOf } from '../marks/mark.queries.ts';
import { deleteChannelsOf } from '../channels/channel.queries.ts';
import { deletePresetsOf } from '../presets/preset.queries.ts';
import { deleteWebhooksOf } from '../webhooks/delete-all.ts';

export type ClearingParts = { database: Database; rules: EventRules; signal: AbortSignal };

/** @returns how many batches were deleted */
export async function clearTenants({ database, rules, signal }: ClearingParts): Promise<number> {
  let deleted = 0;
  for (const tenantId of await tenantsToClear(database.db)) {
    // Before its batches are cancelled: nobody waits for these events any more.
    await longTransaction(database.patient, (trx) => deleteWebhooksOf(trx, tenantId));
    deleted += await deleteBatches(tenantId, { database, rules, signal });
    if (signal.aborted || (await batchesOf(database.db, tenantId, 1)).length > 0) continue;
    for (const step of REST) await longTransaction(database.patient, (trx) => step(trx, tenantId));
    await endClearing(database.db, tenantId);
  }
  return deleted;
}

/** What is left when the batches are gone. */
const REST: ((trx: Db, tenantId: number) => Promise<void>)[] = [
  purgeAllOf,
  deleteSourcesOf,
  deleteHostsOf,
  deletePresetsOf,
  deleteChannelsOf,
  deleteMarksOf,
  deleteAnswersOf,
  deleteUploadsOf,
  deleteWebhooksOf,
  deleteUsageOf,
  deleteKeysOf,
];

const BATCHES_AT_ONCE = 100;

/** A batch that another transaction changes meanwhile is left for the next run. */
async function deleteBatches(tenantId: number, { database, rules, signal }: ClearingParts): Promise<number> {
  let deleted = 0;
  for (const { batch_id: batchId, is_running } of await batchesOf(database.db, tenantId, BATCHES_AT_ONCE)) {
    if (signal.aborted) break;
    const key = { tenantId, batchId };
    try {
      if (is_running) await cancelBatch(database.db, key, rules);
      if (await deleteBatch(database.patient, key)) deleted += 1;
    } catch (error) {
      if (!(error instanceof Problem && error.code === 'conflict')) throw error;
    }
  }
  return deleted;
}

async function deleteSourcesOf(trx: Db, tenantId: number): Promise<void> {
  await sql`delete from sources where tenant_id = ${tenantId}`.execute(trx);
  await sql`delete from contents where tenant_id = ${tenantId}`.execute(trx);
  await sql`delete from stalls where tenant_id = ${tenantId}`.execute(trx);
}

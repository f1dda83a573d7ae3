import { sql } from 'kysely';
import type { BatchKey } from '../../batches/batch.ts';
import type { Db } from '../../db/database.ts';

/**
 * A round that has ended, and whose groups are to be found. `slots`: how many the batch has. `claimedAt` fences it:
 * who claimed it before writes nothing more.
 */
export type EndedRound = BatchKey & { round: number; slots: number; claimedAt: string };

type Row = { tenant_id: number; batch_id: string; round: number; images: number; claimed_at: string };

const CLAIMED = sql`tenant_id, batch_id, round, images, looks_claimed_at::text as claimed_at`;

const CLAIMED_FOR = sql`interval '5 minutes'`; // a worker that was killed meanwhile costs that long

/** The newest batch whose groups are not known, unless another worker is at it. */
export async function claimRound(db: Db): Promise<EndedRound | undefined> {
  const { rows } = await sql<Row>`
    update batches set looks_claimed_at = clock_timestamp()
    where (tenant_id, batch_id) in (
      select tenant_id, batch_id from batches
      where ended_at is not null and looks_round is distinct from round
        and (looks_claimed_at is null or looks_claimed_at < greatest(ended_at, now() - ${CLAIMED_FOR}))
      order by batch_id desc limit 1 for update skip locked)
    returning ${CLAIMED}`.execute(db);
  return rows[0] && roundOf(rows[0]);
}

export async function releaseRound(db: Db, round: EndedRound): Promise<void> {
  await sql`update batches set looks_claimed_at = null
    where tenant_id = ${round.tenantId} and ${isClaimed(round)}`.execute(db);
}

/** Takes a batch from whoever is at it. Undefined: there is no such batch, it runs, or its groups are known. */
export async function claimRoundOf(db: Db, { tenantId, batchId }: BatchKey): Promise<EndedRound | undefined> {
  const { rows } = await sql<Row>`
    update batches set looks_claimed_at = clock_timestamp()
    where tenant_id = ${tenantId} and batch_id = ${batchId} and ended_at is not null
      and looks_round is distinct from round
    returning ${CLAIMED}`.execute(db);
  return rows[0] && roundOf(rows[0]);
}

function roundOf({ tenant_id, batch_id, round, images: slots, claimed_at: claimedAt }: Row): EndedRound {
  return { tenantId: tenant_id, batchId: batch_id, round, slots, claimedAt };
}

/** SQL: of a row of `batches` of the tenant, whether the claim of a round still holds, and its groups are not shown. */
export function isClaimed({ batchId, round, claimedAt }: EndedRound) {
  return sql`
    batch_id = ${batchId} and round = ${round} and ended_at is not null
      and looks_round is distinct from round and looks_claimed_at = ${claimedAt}::timestamptz`;
}

/** Batches with one image or none have no groups. */
export async function passSmallBatches(db: Db): Promise<void> {
  await sql`
    update batches set looks_round = round
    where (tenant_id, batch_id) in (
      select tenant_id, batch_id from batches
      where ended_at is not null and looks_round is distinct from round and images < 2
      for update skip locked)`.execute(db);
}

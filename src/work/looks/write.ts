import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { type EndedRound, isClaimed } from './claim.ts';
import type { BatchContents } from './contents.ts';
import type { Found } from './found.ts';
import type { Kind } from './kinds.ts';

export type Group = Found & Kind;

const SLOTS_AT_ONCE = 50_000;
const GROUPS_AT_ONCE = 1_000;

/**
 * Writes the groups of a round, and shows them with the last statement: until then, those of the round before are
 * shown. No statement holds the batch for long, and a worker that is killed in between leaves what the next one removes.
 * @param groups biggest first
 * @returns false if the batch was deleted or went on meanwhile, or if another worker has claimed the round
 */
export async function writeGroups(
  db: Db,
  round: EndedRound,
  { batch, groups }: { batch: BatchContents; groups: readonly Group[] },
): Promise<boolean> {
  await removeUnshown(db, round);
  for (const { from, some } of portions(groups)) {
    const rows = some.map((group, i) => rowOf(group, from + i + 1, batch));
    if (!(await insertGroups(db, round, rows))) return false;
  }
  return showRound(db, round);
}

function* portions(groups: readonly Group[]): Generator<{ from: number; some: Group[] }> {
  let some: Group[] = [];
  let slots = 0;
  for (const [i, group] of groups.entries()) {
    some.push(group);
    slots += group.slots.length;
    if (slots < SLOTS_AT_ONCE && some.length < GROUPS_AT_ONCE && i < groups.length - 1) continue;
    yield { from: i + 1 - some.length, some };
    [some, slots] = [[], 0];
  }
}

type Row = ReturnType<typeof rowOf>;

function rowOf(group: Group, look: number, batch: BatchContents) {
  const { kind, isVariants, reason, content, contents, distance, products, host, slots } = group;
  return {
    ...{ look, kind, is_variants: isVariants, reason, contents, distance, products, host },
    images: slots.length,
    sha256: batch.sha256Of(content).toString('hex'),
    look_hash: batch.lookOf(content),
    chroma: batch.chromaOf(content),
    example: kind === 'twice' ? slots[0] : batch.firstSlots[content],
    slots: [...slots],
  };
}

/** Locks the batch meanwhile, so that it is neither deleted nor claimed by another worker. */
async function insertGroups(db: Db, round: EndedRound, rows: Row[]): Promise<boolean> {
  const { rows: found } = await sql<{ is_there: boolean }>`
    with b as (
      select tenant_id, batch_id, round from batches
      where tenant_id = ${round.tenantId} and ${isClaimed(round)}
      for share
    ),
    written as (
      insert into batch_looks (tenant_id, batch_id, round, look, kind, is_variants, sha256, look_hash, chroma, images,
        products, contents, distance, reason, host, example, slots)
      select b.tenant_id, b.batch_id, b.round, g.look, g.kind, g.is_variants, decode(g.sha256, 'hex'),
        ('x' || g.look_hash)::bit(256), g.chroma, g.images, g.products, g.contents, g.distance, g.reason, g.host, g.example, g.slots
      from b, json_to_recordset(${JSON.stringify(rows)}) as g
        (look integer, kind text, is_variants boolean, sha256 text, look_hash text, chroma real[], images integer,
          products integer, contents integer, distance smallint, reason text, host text, example integer, slots integer[])
    )
    select exists (select from b) as is_there`.execute(db);
  return found[0]?.is_there === true;
}

async function showRound(db: Db, round: EndedRound): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    update batches set looks_round = round where tenant_id = ${round.tenantId} and ${isClaimed(round)}`.execute(
    db,
  );
  if (numAffectedRows === 0n) return false;
  await removeEarlier(db, round);
  return true;
}

/** What workers that were killed left behind. Locks the batch meanwhile, as insertGroups does. */
async function removeUnshown(db: Db, round: EndedRound): Promise<void> {
  await sql`
    with b as (select tenant_id, batch_id, looks_round from batches where tenant_id = ${round.tenantId} and ${isClaimed(round)} for share)
    delete from batch_looks l using b
    where l.tenant_id = b.tenant_id and l.batch_id = b.batch_id and l.round is distinct from b.looks_round`.execute(
    db,
  );
}

async function removeEarlier(db: Db, { tenantId, batchId, round }: EndedRound): Promise<void> {
  await sql`
    delete from batch_looks
    where tenant_id = ${tenantId} and batch_id = ${batchId} and round < ${round}`.execute(db);
}

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import type { EndedRound } from './claim.ts';
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
 * @returns false if the batch was deleted or went on meanwhile, or if another worker was first
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

/** Locks the batch meanwhile, so that it is not deleted; another worker that writes the same groups does no harm. */
async function insertGroups(db: Db, { tenantId, batchId, round }: EndedRound, rows: Row[]): Promise<boolean> {
  const { rows: found } = await sql<{ is_there: boolean }>`
    with b as (
      select tenant_id, batch_id, round from batches
      where tenant_id = ${tenantId} and batch_id = ${batchId} and round = ${round} and ended_at is not null
        and looks_round is distinct from round
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
      on conflict (tenant_id, batch_id, round, look) do nothing
    )
    select exists (select from b) as is_there`.execute(db);
  return found[0]?.is_there === true;
}

async function showRound(db: Db, round: EndedRound): Promise<boolean> {
  const { numAffectedRows = 0n } = await sql`
    update batches set looks_round = round
    where tenant_id = ${round.tenantId} and batch_id = ${round.batchId} and round = ${round.round}
      and ended_at is not null and looks_round is distinct from round`.execute(db);
  if (numAffectedRows === 0n) return false;
  await removeUnshown(db, round);
  return true;
}

/** Groups of earlier rounds, and of workers that were killed. */
async function removeUnshown(db: Db, { tenantId, batchId }: EndedRound): Promise<void> {
  await sql`
    delete from batch_looks l using batches b
    where l.tenant_id = ${tenantId} and l.batch_id = ${batchId}
      and b.tenant_id = l.tenant_id and b.batch_id = l.batch_id and l.round is distinct from b.looks_round`.execute(
    db,
  );
}

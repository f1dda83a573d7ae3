import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { type KnownContent, pageOfSlot, writePage } from '../../pipeline/content-page.ts';
import { readMeasures } from '../../pipeline/measures.ts';
import { type EndedRound, isClaimed } from './claim.ts';

/** A completed image with what is known of its content. */
export type ContentRow = { slot: number; hash16: string } & {
  [Name in keyof KnownContent]: KnownContent[Name] | null;
};

/**
 * Writes what contents are known of these images, for the reports. A batch that was deleted, went on or was claimed by
 * another worker meanwhile gets nothing.
 * @param images of whole pages of slots
 */
export async function writeFacts(db: Db, round: EndedRound, images: readonly ContentRow[]): Promise<void> {
  const known = Map.groupBy(images.flatMap(knownOf), ({ slot }) => pageOfSlot(slot));
  const pages = Array.from(known, ([page, contents]) => ({ page, facts: writePage(contents) }));
  if (pages.length === 0) return;
  await sql`
    with b as (
      select tenant_id, batch_id from batches
      where tenant_id = ${round.tenantId} and ${isClaimed(round)}
      for share
    )
    insert into batch_facts (tenant_id, batch_id, page, facts)
    select b.tenant_id, b.batch_id, f.page, f.facts
    from b, json_to_recordset(${JSON.stringify(pages)}) as f (page integer, facts text)
    order by f.page
    on conflict (tenant_id, batch_id, page) do update set facts = excluded.facts
      where batch_facts.facts <> excluded.facts`.execute(db);
}

/** What was never measured, or by older definitions, is looked up by each report: it may have been measured meanwhile. */
function knownOf({ slot, hash16, format, width, height, bytes, measures: stored }: ContentRow) {
  const measures = readMeasures(stored);
  if (format === null || width === null || height === null || bytes === null || !measures) return [];
  return [{ slot, hash16, content: { format, width, height, bytes, measures } }];
}

import { type RawBuilder, sql } from 'kysely';
import type { BatchKey } from '../../batches/batch.ts';
import type { Db } from '../../db/database.ts';
import { when } from '../../db/when.ts';
import type { MarkKind } from '../../pipeline/marks.ts';
import { SAME_LOOK_BITS, SAME_LOOK_CHROMA } from '../../pipeline/same-look.ts';

export const LOOK_KINDS = ['twice', 'shared', 'variants', 'placeholder'] as const;
export type LookKind = (typeof LOOK_KINDS)[number];

/** Variants are expected to share pictures, so they are only told if they are asked for. */
const USUAL_KINDS: readonly LookKind[] = ['twice', 'shared', 'placeholder'];

export type LookRow = {
  look: number;
  kind: LookKind;
  marked: MarkKind | null;
  /** SHA-256 of the picture that was marked: this one, or one that looks the same */
  marked_as: string | null;
  reason: string | null;
  images: number;
  products: number;
  contents: number;
  distance: number;
  host: string | null;
  example: number;
  sha256: string;
  url: string;
  skus: string[];
};

export type LookFilter = {
  kind: LookKind | undefined;
  minProducts: number | undefined;
  afterLook: number;
  limit: number;
};

/** @returns whether the groups of the last round are not known yet; undefined: there is no such batch */
export async function looksArePending(db: Db, { tenantId, batchId }: BatchKey): Promise<boolean | undefined> {
  const { rows } = await sql<{ pending: boolean }>`
    select ended_at is null or looks_round is distinct from round as pending from batches
    where tenant_id = ${tenantId} and batch_id = ${batchId}`.execute(db);
  return rows[0]?.pending;
}

/** How many groups there are of each kind. */
export async function countLooks(db: Db, batch: BatchKey): Promise<Record<LookKind, number>> {
  const { rows } = await sql<{ kind: LookKind; groups: number }>`
    select kind, count(*) as groups from (${looksOf(batch)}) l group by kind`.execute(db);
  const counts: Record<LookKind, number> = { twice: 0, shared: 0, variants: 0, placeholder: 0 };
  for (const { kind, groups } of rows) counts[kind] = groups;
  return counts;
}

const SLOTS_FOR_SKUS = 50;
const SKUS = 5;

/** A page of the groups, biggest first. */
export async function listLooks(db: Db, batch: BatchKey, filter: LookFilter): Promise<LookRow[]> {
  const { tenantId, batchId } = batch;
  const { rows } = await sql<LookRow>`
    select l.look, l.kind, l.marked, l.marked_as, l.reason, l.images, l.products, l.contents, l.distance, l.host, l.example,
      encode(l.sha256, 'hex') as sha256, coalesce(i.url, '') as url,
      array(
        select sku from (
          select p.sku, min(n.slot) as slot
          from unnest(l.slots[:${SLOTS_FOR_SKUS}::integer]) as n (slot)
          join images o on o.tenant_id = ${tenantId} and o.batch_id = ${batchId} and o.slot = n.slot
          join products p on p.tenant_id = ${tenantId} and p.batch_id = ${batchId} and p.row_number = o.row_number
          where p.sku is not null
          group by p.sku) s
        order by slot limit ${SKUS}) as skus
    from (${wantedLooks(batch, filter)}) l
    left join images i on i.tenant_id = ${tenantId} and i.batch_id = ${batchId} and i.slot = l.example
    order by l.look`.execute(db);
  return rows;
}

/** A page of the groups that are wanted, by number. */
export function wantedLooks(
  batch: BatchKey,
  { kind, minProducts, afterLook, limit }: LookFilter,
): RawBuilder<unknown> {
  const kinds = kind === undefined ? USUAL_KINDS : [kind];
  return sql`
    select * from (${looksOf(batch)}) w
    where kind = any(${kinds}::text[]) and look > ${afterLook}
      ${when(minProducts !== undefined, sql`and products >= ${minProducts ?? 0}`)}
    order by look limit ${limit}`;
}

const off = (i: 0 | 1): RawBuilder<unknown> =>
  sql`power(l.chroma[${sql.lit(i + 1)}] - (k.chroma->>${sql.lit(i)})::float8, 2)`;

/** Of a group `l`: the mark of its most frequent content, else of the picture that it resembles most; see pipeline/marks.ts. */
const MARK_OF_LOOK = sql`
  select k.kind, encode(k.sha256, 'hex') as sha256 from known_pictures k
  where k.tenant_id = l.tenant_id and (k.sha256 = l.sha256
    or (bit_count(k.look_hash # l.look_hash) <= ${sql.lit(SAME_LOOK_BITS)}
      and sqrt(${off(0)} + ${off(1)}) <= ${sql.lit(SAME_LOOK_CHROMA)}))
  order by k.sha256 = l.sha256 desc, bit_count(k.look_hash # l.look_hash), k.kind limit 1`;

/** The groups of the last round whose groups are known, by what marks make of them. */
export function looksOf({ tenantId, batchId }: BatchKey): RawBuilder<unknown> {
  const stored = sql`
    select l.* from batch_looks l
    join batches b on b.tenant_id = l.tenant_id and b.batch_id = l.batch_id and b.looks_round = l.round
    where l.tenant_id = ${tenantId} and l.batch_id = ${batchId}`;
  return sql`
    select l.look, l.is_variants, l.sha256, l.images, l.products, l.contents, l.distance, l.host, l.example, l.slots,
      m.kind as marked, m.sha256 as marked_as, case when m.kind is null then l.reason end as reason,
      case when m.kind = 'placeholder' and l.kind <> 'twice' then 'placeholder'
        when m.kind = 'allowed' and l.kind = 'placeholder' then case when l.is_variants then 'variants' else 'shared' end
        else l.kind end as kind
    from (${stored}) l
    left join lateral (${MARK_OF_LOOK}) m on true`;
}

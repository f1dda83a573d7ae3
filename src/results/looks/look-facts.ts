import { sql } from 'kysely';
import type { BatchKey } from '../../batches/batch.ts';
import type { Channel } from '../../channels/rule.ts';
import { rulesOn } from '../../channels/verdict.ts';
import type { Db } from '../../db/database.ts';
import { looksArePending, looksOf } from './look.queries.ts';

/** Whether a channel asks for what readLookFacts tells. */
export function needsLooks(channel: Channel, asOf: string): boolean {
  return rulesOn(channel, asOf).some(({ rule }) => rule === 'twice' || rule === 'placeholder');
}

type FactKind = 'twice' | 'placeholder' | 'allowed';

/** What is only known of a picture among others of its batch: a bit for each slot. Undefined: not known yet. */
export class LookFacts {
  /** whether the groups of the last round are not known yet */
  readonly isPending: boolean;
  readonly #twice: Uint8Array;
  readonly #placeholder: Uint8Array;
  readonly #allowed: Uint8Array;

  constructor(slots: number, isPending: boolean) {
    this.isPending = isPending;
    this.#twice = new Uint8Array((slots >> 3) + 1);
    this.#placeholder = new Uint8Array((slots >> 3) + 1);
    this.#allowed = new Uint8Array((slots >> 3) + 1);
  }

  add(kind: FactKind, slots: readonly number[]): void {
    const bits = { twice: this.#twice, placeholder: this.#placeholder, allowed: this.#allowed }[kind];
    for (const slot of slots) bits[slot >> 3] = (bits[slot >> 3] ?? 0) | (1 << (slot & 7));
  }

  isTwice(slot: number): boolean | undefined {
    return this.isPending ? undefined : isIn(this.#twice, slot);
  }

  /** A mark of the content holds, whatever the groups say. @param wasTold whether it was made and told as one */
  isPlaceholder(slot: number, wasTold: boolean): boolean | undefined {
    if (isIn(this.#allowed, slot)) return false;
    return wasTold || isIn(this.#placeholder, slot) || (this.isPending ? undefined : false);
  }
}

function isIn(bits: Uint8Array, slot: number): boolean {
  return ((bits[slot >> 3] ?? 0) & (1 << (slot & 7))) !== 0;
}

const AT_ONCE = 10_000;

/** @param batch with the number of its slots */
export async function readLookFacts(db: Db, batch: BatchKey & { images: number }): Promise<LookFacts> {
  const facts = new LookFacts(batch.images, (await looksArePending(db, batch)) ?? true);
  // Groups of an earlier round say nothing of this one.
  for (let after: number | undefined = facts.isPending ? undefined : 0; after !== undefined;) {
    const { rows } = await sql<{ look: number; kind: 'twice' | 'placeholder'; slots: number[] }>`
      select look, kind, slots from (${looksOf(batch)}) l
      where kind in ('twice', 'placeholder') and look > ${after} order by look limit ${AT_ONCE}`.execute(db);
    for (const { kind, slots } of rows) facts.add(kind, slots);
    after = rows.length < AT_ONCE ? undefined : rows.at(-1)?.look;
  }
  for (const { slot, kind } of await markedSlots(db, batch)) facts.add(kind, [slot]);
  return facts;
}

/** Slots with a content that is marked: such a picture may stand in one place only. */
async function markedSlots(
  db: Db,
  { tenantId, batchId }: BatchKey,
): Promise<{ slot: number; kind: 'placeholder' | 'allowed' }[]> {
  const { rows } = await sql<{ slot: number; kind: 'placeholder' | 'allowed' }>`
    select i.slot, k.kind
    from known_pictures k
    join rendition_sets s on s.tenant_id = k.tenant_id and s.source_sha256 = k.sha256
    join images i on i.tenant_id = s.tenant_id and i.hash16 = s.hash16
    where k.tenant_id = ${tenantId} and i.batch_id = ${batchId}`.execute(db);
  return rows;
}

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { IMAGE_STATES, type PublicImageState, shownState } from '../../images/image.ts';
import type { BatchKey } from '../batch.ts';

/** The bytes of `/states`. */
const STATE_BYTES = { pending: 0, processing: 1, completed: 2, failed: 3, cancelled: 4 } satisfies Record<
  PublicImageState,
  number
>;

const SLOTS_A_PAGE = 20_000;
const ZERO = '0'.charCodeAt(0);

/** SQL: the digit of a row of `images`. A digit, because PostgreSQL has no text with a byte 0. */
function digit(isCancelled: boolean) {
  const branches = IMAGE_STATES.map((state) => {
    const byte = STATE_BYTES[shownState(state, { isCancelled })];
    return sql`when ${sql.lit(state)} then ${sql.lit(String(byte))}`;
  });
  return sql`case state ${sql.join(branches, sql` `)} end`;
}

/**
 * The state of each slot as one byte, in pages. Each page has a statement of its own, so that no snapshot stays open
 * while a client reads.
 * @throws Error if the batch is deleted meanwhile
 */
export async function* stateBytes(
  db: Db,
  { tenantId, batchId }: BatchKey,
  { from, to, isCancelled }: { from: number; to: number; isCancelled: boolean },
): AsyncGenerator<Buffer> {
  for (let first = from; first <= to; first += SLOTS_A_PAGE) {
    const last = Math.min(to, first + SLOTS_A_PAGE - 1);
    const { rows } = await sql<{ digits: string | null }>`
      select string_agg(${digit(isCancelled)}, '' order by slot) as digits from images
      where tenant_id = ${tenantId} and batch_id = ${batchId} and slot between ${first} and ${last}`.execute(
      db,
    );
    const bytes = Buffer.from(rows[0]?.digits ?? '', 'latin1');
    if (bytes.length !== last - first + 1)
      throw new Error('the batch was deleted while its states were read');
    yield bytes.map((byte) => byte - ZERO) as Buffer;
  }
}

import { sql } from 'kysely';
import type { Db } from '../../db/database.ts';
import { IMAGE_STATES, type PublicImageState, shownState, STATE_NOW } from '../../images/image.ts';
import type { BatchKey, BatchState } from '../batch.ts';

/** The bytes of `/states`. */
const STATE_BYTES = { pending: 0, processing: 1, completed: 2, failed: 3, cancelled: 4 } satisfies Record<
  PublicImageState,
  number
>;

const SLOTS_A_PAGE = 20_000;
const ZERO = '0'.charCodeAt(0);

/** SQL: the digit of a row `i` of `images`. A digit, because PostgreSQL has no text with a byte 0. */
function digit(isCancelled: boolean) {
  const branches = IMAGE_STATES.map((state) => {
    const byte = STATE_BYTES[shownState(state, { isCancelled })];
    return sql`when ${sql.lit(state)} then ${sql.lit(String(byte))}`;
  });
  return sql`case ${STATE_NOW} ${sql.join(branches, sql` `)} end`;
}

type Slots = { from: number; to: number };

/**
 * The state of each slot as one byte, in pages. Each page has a statement of its own, so that no snapshot stays open
 * while a client reads.
 * @throws Error if the batch is deleted meanwhile
 */
export async function* stateBytes(
  db: Db,
  key: BatchKey,
  { from, to, state, hasEnded }: Slots & { state: BatchState; hasEnded: boolean },
): AsyncGenerator<Buffer> {
  const isCancelled = state === 'cancelled';
  const read = hasEnded && !isCancelled ? endedBytes : bytesOf;
  for (let first = from; first <= to; first += SLOTS_A_PAGE) {
    const last = Math.min(to, first + SLOTS_A_PAGE - 1);
    yield await read(db, key, { from: first, to: last, isCancelled });
  }
}

async function bytesOf(
  db: Db,
  { tenantId, batchId }: BatchKey,
  { from, to, isCancelled }: Slots & { isCancelled: boolean },
): Promise<Buffer> {
  const { rows } = await sql<{ digits: string | null }>`
    select string_agg(${digit(isCancelled)}, '' order by slot) as digits from images i
    where tenant_id = ${tenantId} and batch_id = ${batchId} and slot between ${from} and ${to}`.execute(db);
  const bytes = Buffer.from(rows[0]?.digits ?? '', 'latin1');
  if (bytes.length !== to - from + 1) throw new Error(GONE);
  return bytes.map((byte) => byte - ZERO) as Buffer;
}

const GONE = 'the batch was deleted while its states were read';

/**
 * In a batch that has ended by itself each image has failed or is completed. The failed ones have an index: that takes
 * a twentieth of the time of reading all rows. A retry that begins meanwhile changes what /events tells from here.
 */
async function endedBytes(db: Db, { tenantId, batchId }: BatchKey, { from, to }: Slots): Promise<Buffer> {
  const { rows } = await sql<{ failed: number[]; is_there: boolean }>`
    select array(
        select slot from images
        where tenant_id = ${tenantId} and batch_id = ${batchId} and state = 'failed' and slot between ${from} and ${to}) as failed,
      exists (select 1 from batches where tenant_id = ${tenantId} and batch_id = ${batchId}) as is_there`.execute(
    db,
  );
  const [found] = rows;
  if (!found?.is_there) throw new Error(GONE);
  const bytes = Buffer.alloc(to - from + 1, STATE_BYTES.completed);
  for (const slot of found.failed) bytes[slot - from] = STATE_BYTES.failed;
  return bytes;
}

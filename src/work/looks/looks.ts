/**
 * Finds the images of a batch that show the same, after the transaction that ended its round: a chore looks for such
 * batches every few seconds, so nothing else waits for it. `batches.looks_round` says whose groups are known.
 */
import type { Logger } from 'pino';
import type { BatchKey } from '../../batches/batch.ts';
import type { Database } from '../../db/database.ts';
import { claimRound, claimRoundOf, type EndedRound, passSmallBatches, releaseRound } from './claim.ts';
import { readContents } from './contents.queries.ts';
import type { BatchContents } from './contents.ts';
import { findGroups, type Found } from './found.ts';
import { kindOf, TWICE } from './kinds.ts';
import { readSharing } from './products.queries.ts';
import { type Group, writeGroups } from './write.ts';

type Looking = { db: Database['db']; log: Logger; signal: AbortSignal };

/** Finds the groups of all batches that wait for it, one after the other. */
export async function findLooks({ db, log, signal }: Looking): Promise<void> {
  await passSmallBatches(db);
  for (;;) {
    if (signal.aborted) return;
    const round = await claimRound(db);
    if (!round) return;
    await unlessEnding(round, { db, log, signal });
  }
}

/** Finds those of one batch now, if it has ended: for who cannot wait for the chore. */
export async function findLooksOf(batch: BatchKey, looking: Looking): Promise<void> {
  const round = await claimRoundOf(looking.db, batch);
  if (round) await unlessEnding(round, looking);
}

/** A worker that ends leaves the round to others at once. */
async function unlessEnding(round: EndedRound, looking: Looking): Promise<void> {
  try {
    await findLooksOfRound(round, looking);
  } catch (error) {
    if (!looking.signal.aborted) throw error;
    await releaseRound(looking.db, round).catch(() => {});
  }
}

async function findLooksOfRound(round: EndedRound, { db, log, signal }: Looking): Promise<void> {
  const startedAt = performance.now();
  const batch = await readContents(db, round, signal);
  const { looks, twice } = await findGroups(batch);
  const sharing = await readSharing(db, round, { groups: looks, slots: round.slots, signal });
  const kinds = looks.flatMap((found, i): Group[] => {
    const products = sharing[i];
    return products ? [Object.assign(found, kindOf(found, products, batch))] : [];
  });
  const groups = [...kinds, ...withoutPlaceholders(twice, kinds, batch)].toSorted(
    (a, b) => b.slots.length - a.slots.length,
  );
  if (!(await writeGroups(db, round, { batch, groups }))) return;
  const seconds = Math.round(performance.now() - startedAt) / 1000;
  const message = 'looked for images that show the same';
  log[groups.length > 0 ? 'info' : 'debug'](
    { batch: round.batchId, groups: groups.length, seconds },
    message,
  );
}

/** A placeholder that stands twice in a product is told once, as a placeholder. */
function withoutPlaceholders(twice: Found[], kinds: Group[], { contentOf }: BatchContents): Group[] {
  const placeholders = new Set(
    kinds.flatMap(({ kind, slots }) =>
      kind === 'placeholder' ? Array.from(slots, (slot) => contentOf[slot]) : [],
    ),
  );
  return twice
    .filter(({ content }) => !placeholders.has(content))
    .map((found) => Object.assign(found, TWICE));
}

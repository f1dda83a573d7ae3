/**
 * An image: one source URL of a product, at a position.
 *
 * pending -> queued -> processing -> completed | failed | cancelled
 * queued, processing -> pending   to be tried later, handed back, or its task was lost
 * failed -> pending               by a retry of the batch
 * pending -> completed | failed   for an image that repeats the URL of another: it ends with that one
 * pending                         for good, in a cancelled batch: it is shown as cancelled
 *
 * The table's CHECKs say what goes with each state; every UPDATE names the states that it leaves.
 */
const IMAGE_STATES = ['pending', 'queued', 'processing', 'completed', 'failed', 'cancelled'] as const;
export type ImageState = (typeof IMAGE_STATES)[number];

/**
 * As it is shown: whether an image waits in the table or in the queue is nobody's business, and one that
 * has not ended in a cancelled batch is cancelled (SHOWN_STATE in image.queries.ts).
 */
export const PUBLIC_IMAGE_STATES = ['pending', 'processing', 'completed', 'failed', 'cancelled'] as const;
export type PublicImageState = (typeof PUBLIC_IMAGE_STATES)[number];

/** The states in the table that are shown as this one, in a batch of that state. */
export function storedStates(shown: PublicImageState, batchState: string): ImageState[] {
  const notEnded: ImageState[] = ['pending', 'queued', 'processing'];
  if (batchState === 'cancelled' && shown === 'cancelled') return ['cancelled', ...notEnded];
  if (batchState === 'cancelled' && notEnded.includes(shown)) return [];
  return shown === 'pending' ? ['pending', 'queued'] : [shown];
}

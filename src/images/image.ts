/**
 * An image: one source URL of a product, in one slot of a batch.
 *
 * pending -> queued -> completed | failed | cancelled
 * queued -> pending               for another try, handed back by its worker, or its task was lost
 * failed -> pending               by a retry of the batch
 * pending -> completed | failed   for an image that follows a lead image: it ends with that one
 * pending                         for good, in a cancelled batch: shown as cancelled
 *
 * A claim changes the task, not the image: an image in the queue whose task is claimed is shown as processing.
 * Workers of earlier versions stored `processing`, which means the same as `queued` otherwise.
 *
 * The CHECKs of the table define which columns are set in which state. Every UPDATE names the states that
 * it leaves.
 */
import { sql } from 'kysely';
import { isClaimed } from '../queue/stored-tasks.ts';

export const IMAGE_STATES = ['pending', 'queued', 'processing', 'completed', 'failed', 'cancelled'] as const;
export type ImageState = (typeof IMAGE_STATES)[number];

/**
 * The states as users see them. Whether an image waits in the table or in the queue is internal, and an
 * image of a cancelled batch that has not ended is cancelled: cancelling leaves most rows as they are.
 */
export const PUBLIC_IMAGE_STATES = ['pending', 'processing', 'completed', 'failed', 'cancelled'] as const;
export type PublicImageState = (typeof PUBLIC_IMAGE_STATES)[number];

export function shownState(state: ImageState, { isCancelled }: { isCancelled: boolean }): PublicImageState {
  const hasEnded = state === 'completed' || state === 'failed' || state === 'cancelled';
  if (isCancelled && !hasEnded) return 'cancelled';
  return state === 'queued' ? 'pending' : state;
}

/** SQL: the state of a row `i` of `images`, and `processing` where a worker has claimed its task. */
export const STATE_NOW = sql<ImageState>`
  case when i.state = 'queued' and ${isClaimed('process_image', sql`i.task_id`)} then 'processing' else i.state end`;

/** `shownState` of `STATE_NOW` in SQL, of a row `i` of `images` and its row `b` of `batches`. */
export const SHOWN_STATE = sql<PublicImageState>`
  case
    when i.ended_at is null and b.state = 'cancelled' then 'cancelled'
    when i.state = 'queued' then case ${STATE_NOW} when 'processing' then 'processing' else 'pending' end
    else i.state
  end`;

/** The states of `STATE_NOW` that are shown as this one. */
export function storedStates(shown: PublicImageState, batch: { isCancelled: boolean }): ImageState[] {
  return IMAGE_STATES.filter((state) => shownState(state, batch) === shown);
}

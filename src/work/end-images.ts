import { sql } from 'kysely';
import type { Db } from '../db/database.ts';
import { AS_RANGES } from '../batches/changes.ts';
import type { LockedBatch } from '../batches/counters.ts';
import { SAFE_AT } from '../batches/remove-files.ts';
import type { FinishedImage, ImageResult } from './process-image.ts';
import { setIdOf } from './record-renditions.ts';

type Made = Extract<ImageResult, { is: 'completed' }>['made'];

/** How a lead image ends; undefined fields stay null. */
export type ImageEnd = {
  task_id: string;
  state: 'completed' | 'failed';
  hash16?: string;
  is_placeholder?: boolean;
  /** of a completed image: see purge.ts */
  claimed_at?: string;
  error_code?: string;
  error_detail?: string;
};

/** Ends the images that completed or failed, and counts them in their batches. @returns as `endLeads` */
export async function endImages(
  trx: Db,
  finished: FinishedImage[],
  batches: Map<string, LockedBatch>,
): Promise<Map<string, number>> {
  const ended = await endLeads(trx, finished.flatMap(endOf), batches);
  for (const { task, result } of finished) {
    const images = ended.get(task.id);
    const batch = batches.get(result.image.batchId);
    if (result.is !== 'completed' || images === undefined || !batch) continue;
    countMade(batch, result.made, images);
    batch.completedSlots.push(result.image.slot);
  }
  return ended;
}

function endOf({ task, result }: FinishedImage): ImageEnd[] {
  if (result.is === 'completed') {
    const { image, made } = result;
    const { isPlaceholder: is_placeholder } = made;
    const claimed_at = image.claimedAt;
    return [{ task_id: task.id, state: 'completed', hash16: setIdOf(made), is_placeholder, claimed_at }];
  }
  if (result.is !== 'failed') return [];
  const { image, problem } = result;
  const error_detail = problem.messageFor(image.url);
  return [{ task_id: task.id, state: 'failed', error_code: problem.code, error_detail }];
}

/** @param images the lead image and those that follow it, which reuse its files */
function countMade(batch: LockedBatch, made: Made, images: number): void {
  const files = made.is === 'made' ? made.renditions : made.set.files;
  batch.bytesIn += made.is === 'made' ? made.source.bytes : made.set.sourceBytes;
  batch.bytesOut += files.reduce((sum, { bytes }) => sum + bytes, 0);
  batch.reused += made.is === 'made' ? images - 1 : images;
}

/**
 * Ends lead images and the images that follow them, counts them by state and error code, and notes their slots. An image is
 * left out when its files may be gone (purge.ts). This statement must begin after the sets were added or
 * locked, so that its snapshot has every purge that could have removed their files.
 * @returns how many images ended, by task id
 */
export async function endLeads(
  trx: Db,
  ends: ImageEnd[],
  batches: Map<string, LockedBatch>,
): Promise<Map<string, number>> {
  if (ends.length === 0) return new Map();
  const { rows } = await sql<{
    batch_id: string;
    state: 'completed' | 'failed';
    error_code: string | null;
    task_id: string;
    images: number;
    slots: string;
  }>`
    with ends as (
      select * from json_to_recordset(${JSON.stringify(ends)}) as e
        (task_id uuid, state text, hash16 text, is_placeholder boolean, claimed_at timestamptz, error_code text, error_detail text)
    ),
    leads as (
      update images i
      set state = e.state, task_id = null, hash16 = e.hash16, is_placeholder = coalesce(e.is_placeholder, false),
        error_code = e.error_code, error_detail = e.error_detail, tries = i.tries + 1, ended_at = now()
      from ends e
      where i.task_id = e.task_id and i.state in ('queued', 'processing')
        -- half of the hour for which purges are remembered (forgetPurges): older claims cannot be judged
        and (e.claimed_at is null or e.claimed_at > now() - interval '30 minutes')
        -- the files are being removed, or were removed after this worker had found or stored them
        and not exists (
          select from purges p
          where p.tenant_id = i.tenant_id and p.hash16 = e.hash16
            and (p.state = 'removing' or ${SAFE_AT} > e.claimed_at))
      returning e.task_id, i.tenant_id, i.batch_id, i.slot, i.tries, e.state, e.hash16, i.is_placeholder,
        e.error_code, e.error_detail
    ),
    -- images with the same URL and recipe end with their lead image; they never had a task
    followers as (
      update images i
      set state = l.state, hash16 = l.hash16, is_placeholder = l.is_placeholder,
        error_code = l.error_code, error_detail = l.error_detail, tries = l.tries, ended_at = now()
      from leads l
      where i.tenant_id = l.tenant_id and i.batch_id = l.batch_id and i.lead_slot = l.slot
        and i.slot <> i.lead_slot and i.state = 'pending'
      returning l.task_id, i.batch_id, i.slot, i.state, i.error_code
    )
    select task_id, batch_id, state, error_code, count(*) as images, ${AS_RANGES} as slots
    from (select task_id, batch_id, slot, state, error_code from leads union all select * from followers) ended
    group by task_id, batch_id, state, error_code`.execute(trx);
  for (const { batch_id, state, error_code, images, slots } of rows) {
    const batch = batches.get(batch_id);
    if (!batch) continue;
    batch[state] += images;
    batch.endedSlots[state].push(slots);
    if (error_code !== null) batch.errorsByCode[error_code] = (batch.errorsByCode[error_code] ?? 0) + images;
  }
  return new Map(rows.map((row) => [row.task_id, row.images]));
}

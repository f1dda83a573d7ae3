import type { QueueOptions } from 'pg-boss';

/** What each task carries. A task's id is images.task_id or its own; it is never used again. */
export type TaskData = {
  /** One URL of a batch, fetched and made once for every image that names it. */
  process_image: { tenant_id: number; batch_id: string; task_id: string };
  /** An image task that lost its worker too often: a dead letter. */
  lost_image: TaskData['process_image'];
  /** One attempt of a delivery, counted from 1. */
  deliver_webhook: { tenant_id: number; delivery_id: string; attempt: number };
};

export type TaskName = keyof TaskData;

/**
 * The data of a task, whichever version wrote it: what an older one did not know yet is completed here,
 * and what a newer one knows stays. All versions so far wrote the same fields.
 */
export function readTask<N extends TaskName>(stored: TaskData[N]): TaskData[N] {
  return stored;
}

/** Measured settings: design note queue.md; a killed worker's tasks run again after 8-16 s. */
export const TASK_OPTIONS = {
  lost_image: { retryLimit: 20, retryDelay: 2, retryBackoff: true, retryDelayMax: 300, heartbeatSeconds: 10 },
  process_image: {
    // Six lost workers, and the image is a dead letter. With three, one of 20,000 images ended so in a
    // test that kills a worker every 5 s, although nothing was wrong with it.
    retryLimit: 5,
    retryDelay: 2,
    retryBackoff: true,
    retryDelayMax: 300,
    heartbeatSeconds: 10, // the least that pg-boss allows
    expireInSeconds: 300,
    deleteAfterSeconds: 60,
    deadLetter: 'lost_image',
  },
  // Its attempts have a schedule of their own; these retries serve a lost worker and a database that was away.
  deliver_webhook: {
    retryLimit: 20,
    retryDelay: 2,
    retryBackoff: true,
    retryDelayMax: 300,
    heartbeatSeconds: 10,
    expireInSeconds: 120,
    deleteAfterSeconds: 60,
  },
} as const satisfies Record<TaskName, QueueOptions & { deadLetter?: TaskName }>;

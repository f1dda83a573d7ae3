import type { QueueOptions } from 'pg-boss';

/** The data of each kind of task. The id of a task is `images.task_id` or its own, and is never used again. */
export type TaskData = {
  /** A lead image: downloaded and made once, also for the images that follow it. */
  process_image: { tenant_id: number; batch_id: string; task_id: string };
  /** The dead letter of a `process_image` that lost its worker too often. */
  lost_image: TaskData['process_image'];
  /** One attempt of a delivery, counted from 1. */
  deliver_webhook: { tenant_id: number; delivery_id: string; attempt: number };
};

export type TaskName = keyof TaskData;

/**
 * The data of a task, whichever version wrote it. Fields that an older version did not write get their
 * defaults here; fields of a newer version stay. All versions so far wrote the same fields.
 */
export function readTask<N extends TaskName>(stored: TaskData[N]): TaskData[N] {
  return stored;
}

/** Measured: the tasks of a killed worker are claimed again after 8-16 s. */
export const TASK_OPTIONS = {
  lost_image: { retryLimit: 20, retryDelay: 2, retryBackoff: true, retryDelayMax: 300, heartbeatSeconds: 10 },
  process_image: {
    // After six lost workers the image is a dead letter. With a limit of three, a test that kills a worker
    // every 5 s lost one of 20,000 images that nothing was wrong with.
    retryLimit: 5,
    retryDelay: 2,
    retryBackoff: true,
    retryDelayMax: 300,
    heartbeatSeconds: 10, // the lease; the shortest that pg-boss allows
    expireInSeconds: 900, // an image may wait for the storage for 5 minutes, after its download
    deleteAfterSeconds: 60,
    deadLetter: 'lost_image',
  },
  // Attempts of a delivery have their own schedule. These retries are for lost workers and database outages.
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

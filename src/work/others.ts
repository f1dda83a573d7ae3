/**
 * Whether other workers go on while this one is in trouble. A store that is away for all is waited for, because what was
 * downloaded and made is expensive (storage/patient.ts). But a worker that alone is cut off from it would keep its
 * images from those who could process them, for minutes.
 */
import { sql } from 'kysely';
import type { Logger } from 'pino';
import type { Db } from '../db/database.ts';
import type { Pump } from '../queue/pump.ts';
import { TROUBLE } from './health.ts';
import type { Chore } from './repeat.ts';

const LOOK_EVERY_MS = 1_500;
const PATIENCE_MS = 4_000; // what was stored before the trouble began is recorded by then, by others and by this worker
const BATCHES = 1_000;

export type Others = {
  /** This worker has stored something, so its trouble is not that of a machine that is cut off. */
  stored(): void;
  /** Hands the images in hand back as soon as others complete images, and this worker cannot. */
  chore: Chore;
};

type Parts = { db: Db; pump: Pick<Pump, 'isPaused' | 'inHand' | 'handBack'>; log: Logger };

export function watchOthers({ db, pump, log }: Parts, patienceMs = PATIENCE_MS): Others {
  let since: number | undefined; // performance.now()
  let before: Map<string, number> | undefined;

  function isIdle(): boolean {
    if (!pump.isPaused(TROUBLE)) since = undefined;
    else since ??= performance.now();
    return since === undefined || performance.now() - since < patienceMs || pump.inHand() === 0;
  }

  async function look(): Promise<void> {
    if (isIdle()) {
      before = undefined;
      return;
    }
    const now = await completedOf(db);
    const goOn = [...now].some(([id, completed]) => completed > (before?.get(id) ?? completed));
    before = now;
    if (!goOn || isIdle()) return;
    log.warn(
      { images: pump.inHand() },
      'other workers complete images and this one cannot: its images go back',
    );
    pump.handBack();
  }

  return {
    stored: () => void (since = undefined),
    chore: { name: 'look at other workers', everyMs: LOOK_EVERY_MS, run: look },
  };
}

/** How many images of running batches are completed, by batch. */
async function completedOf(db: Db): Promise<Map<string, number>> {
  const { rows } = await sql<{ batch_id: string; completed: number }>`
    select batch_id, completed from batches where ended_at is null
    order by tenant_id, batch_id limit ${BATCHES}`.execute(db);
  return new Map(rows.map(({ batch_id, completed }) => [batch_id, completed]));
}

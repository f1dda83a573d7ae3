/**
 * Whether other workers go on while this one is in trouble. A store that is away for all is waited for, because what was
 * downloaded and made is expensive (storage/patient.ts). But a worker that alone is cut off from it would keep its
 * images from those who could process them, for minutes.
 */
import type { Logger } from 'pino';
import type { Db } from '../db/database.ts';
import type { Pump } from '../queue/pump.ts';
import { hasOtherStored } from '../queue/workers.ts';
import { TROUBLE } from './health.ts';
import type { Chore } from './repeat.ts';

const LOOK_EVERY_MS = 1_500;
const PATIENCE_MS = 4_000;
// What others stored when a request was sent that is not answered says nothing: they may have been in time.
const MARGIN_MS = 2_000;

export type Others = {
  /** A request to the store has failed. @param sinceMs when it, or the first of its tries, was sent: performance.now() */
  failed(sinceMs: number): void;
  /** This worker has stored something, so its trouble is not that of a machine that is cut off. */
  stored(): void;
  /** How long ago that was; undefined: never. */
  storedAgoMs(): number | undefined;
  /** Hands the images in hand back when another worker has stored something meanwhile. */
  chore: Chore;
};

type Parts = { db: Db; workerId: string; pump: Pick<Pump, 'isPaused' | 'inHand' | 'handBack'>; log: Logger };

export function watchOthers(
  { db, workerId, pump, log }: Parts,
  { patienceMs, marginMs } = { patienceMs: PATIENCE_MS, marginMs: MARGIN_MS },
): Others {
  let failingSince: number | undefined;
  let storedAt: number | undefined;

  const failingForMs = (): number =>
    failingSince === undefined || !pump.isPaused(TROUBLE) || pump.inHand() === 0
      ? 0
      : performance.now() - failingSince;

  async function look(): Promise<void> {
    const ms = failingForMs();
    if (ms <= patienceMs || !(await hasOtherStored(db, workerId, ms - marginMs))) return;
    if (failingForMs() === 0) return; // it ended during the query
    log.warn({ images: pump.inHand() }, 'other workers store images and this one cannot: its images go back');
    pump.handBack();
  }

  return {
    failed: (sinceMs) => void (failingSince ??= sinceMs),
    stored() {
      failingSince = undefined;
      storedAt = performance.now();
    },
    storedAgoMs: () => (storedAt === undefined ? undefined : performance.now() - storedAt),
    chore: { name: 'look at other workers', everyMs: LOOK_EVERY_MS, run: look },
  };
}

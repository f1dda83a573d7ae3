import type { Pump } from '../queue/pump.ts';
import { PROBE_WITHIN_MS, StorageTrouble } from '../storage/storage.ts';
import { MINUTE_MS } from '../units.ts';
import type { Repeated } from './repeat.ts';

/** A part of a worker without which it can do nothing. */
type Healthy = { probe(signal: AbortSignal): Promise<void> };

export type Health = {
  /** A part failed: nothing is claimed until all parts are well. */
  failed(trouble: Error): void;
  /** Looks at all parts as long as one is not well. */
  chore: Repeated;
};

/** The key of the pause. */
export const TROUBLE = 'trouble';

const PROBE_EVERY_MS = 2_000;
const PROBE_SETTINGS_EVERY_MS = MINUTE_MS; // they do not get right by themselves, and a bucket is paid by the request

/** @param first why the pump is paused from the beginning */
export function watchHealth(
  parts: readonly Healthy[],
  pump: Pick<Pump, 'pause'>,
  first: Error | undefined,
): Health {
  let trouble = first;
  function become(now: Error | undefined): void {
    trouble = now;
    pump.pause(TROUBLE, now?.message);
  }
  return {
    failed: become,
    chore: {
      name: 'check health',
      everyMs: () => probeDelayMs(trouble),
      async run() {
        const before = trouble;
        if (!before) return;
        const now = await troubleOf(parts);
        const hasFailedAgain = trouble !== before;
        if (now !== undefined || !hasFailedAgain) become(now);
      },
    },
  };
}

/** With jitter of ±50 %, because all workers use the same storage. */
export function probeDelayMs(trouble: Error | undefined): number {
  const isForOperator = trouble instanceof StorageTrouble && trouble.kind === 'settings';
  return (isForOperator ? PROBE_SETTINGS_EVERY_MS : PROBE_EVERY_MS) * (0.5 + Math.random());
}

/** Why no image can be processed; undefined when all is well. */
export async function troubleOf(parts: readonly Healthy[]): Promise<Error | undefined> {
  try {
    for (const part of parts) await part.probe(AbortSignal.timeout(PROBE_WITHIN_MS));
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

/** What goes wrong between machines, and with what they share. */
import type { Dice } from './chaos-load.ts';
import { type Lane, nowAndThen, pick, restOf, type Seconds } from './chaos-faults.ts';
import type { Postgres } from './postgres.ts';
import type { Road } from './roads.ts';
import type { Fault, S3 } from './s3.ts';
import type { Site, Sites } from './sites.ts';

const WAYS: readonly (readonly Road[])[] = [['database'], ['store'], ['database', 'store']];
const CUT_S = [5, 30, 90];
const BETWEEN_CUTS_S: Seconds = [2, 8];

/** One machine at a time, of all of them. @param scale of how long, 1 for a run of minutes */
export function cuttingOff(sites: Site[], scale: number, { dice, log, over }: Lane): Promise<void> {
  return nowAndThen(
    over,
    () => pick(dice, BETWEEN_CUTS_S),
    async () => {
      const [site, roads, seconds] = [dice.pick(sites), dice.pick(WAYS), dice.pick(CUT_S)];
      await log.during(`cut off from ${roads.join(' and ')}`, site.name, async () => {
        for (const road of roads) site.cut(road);
        await restOf(1_000 * seconds * scale, over);
        for (const road of roads) site.mend(road);
      });
    },
  );
}

type Shared = { postgres: Postgres; s3: S3; sites: Sites };

const SLOW_DOWN: Fault = { is: 'answer', status: 503, code: 'SlowDown' };
const BETWEEN_SHOCKS_S: Seconds = [40, 70];
const SHOCK_S: Seconds = [1, 20];

/** What hits everybody: the database stops at once, or the store stalls, refuses, or is gone. */
export function shaking(shared: Shared, scale: number, { dice, log, over }: Lane): Promise<void> {
  const { postgres, s3, sites } = shared;
  const shocks = {
    'the database stopped at once': async (ms: number) => {
      await postgres.stopAtOnce();
      await restOf(ms, over);
      await postgres.start();
    },
    'the store stalled': storeFault(() => ({ is: 'stall' })),
    'the store refused': storeFault(() => SLOW_DOWN),
    'the store refused a third': storeFault((requests) => (requests % 3 === 0 ? SLOW_DOWN : undefined)),
    'the store was gone': storeFault(() => ({ is: 'reset' })),
  };

  function storeFault(faultOf: (requests: number) => Fault | undefined): (ms: number) => Promise<void> {
    return async (ms) => {
      let requests = 0;
      s3.fault = (request) => (sites.isLost(request) ? { is: 'stall' } : faultOf((requests += 1)));
      await restOf(ms, over);
      s3.fault = usualFault(sites);
    };
  }

  return nowAndThen(
    over,
    () => scale * pick(dice, BETWEEN_SHOCKS_S),
    async () => {
      const [what, shock] = pickEntry(dice, shocks);
      const ms = Math.max(1_000, scale * pick(dice, SHOCK_S));
      await log.during(what, undefined, () => shock(ms));
    },
  );
}

/** Of a store that is well. */
export function usualFault(sites: Sites): S3['fault'] {
  return (request) => (sites.isLost(request) ? { is: 'stall' } : undefined);
}

function pickEntry<T>(dice: Dice, entries: Record<string, T>): [string, T] {
  return dice.pick(Object.entries(entries));
}

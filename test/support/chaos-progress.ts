/** Watches whether batches stand still although somebody could go on with them. */
import { availableParallelism, loadavg } from 'node:os';
import { Client } from 'pg';
import type { FaultLog } from './fault-log.ts';
import { restOf } from './chaos-faults.ts';

const LOOK_EVERY_MS = 500;
const LONGEST_STEP_MS = 1_000; // this machine was too busy to look; it was for the workers too
const LOAD_OF_A_CORE = 3; // of a fleet alone on two cores
const LOOK_WITHIN_MS = 5_000;
const MOST_STILL_MS = 30_000;

type Seen = { ended: number; since: number; stillMs: number };

export type Progress = {
  /** the longest time that a batch stood still, in milliseconds of a machine that does nothing else */
  longestMs: number;
  /** one entry for each batch that stood still for too long, with the faults of that time */
  stood: string[];
};

/**
 * A batch stands still while it has an image to go on with, and none ends. The time is counted anew after a fault that
 * hits everybody, such as a database that is away.
 */
export async function watchProgress(url: string, log: FaultLog, over: AbortSignal): Promise<Progress> {
  const progress: Progress = { longestMs: 0, stood: [] };
  const seen = new Map<string, Seen>();
  let lookedAt = log.now();
  while (!over.aborted) {
    await restOf(LOOK_EVERY_MS, over);
    const batches = await look(url).catch(() => undefined);
    const now = log.now();
    if (batches === undefined || log.shakenUntil > lookedAt) seen.clear();
    else
      note(batches, { seen, progress, log, stepMs: Math.min(now - lookedAt, LONGEST_STEP_MS) / slowness() });
    lookedAt = now;
  }
  return progress;
}

/** How many times slower this machine is because of what else it does, roughly; 1 where it does nothing else. */
function slowness(): number {
  const [load = 0] = loadavg();
  return Math.max(1, load / availableParallelism() / LOAD_OF_A_CORE);
}

type Look = { name: string; ended: number; may_go_on: boolean };

type Notes = { seen: Map<string, Seen>; progress: Progress; log: FaultLog; stepMs: number };

function note(batches: Look[], { seen, progress, log, stepMs }: Notes): void {
  for (const { name, ended, may_go_on } of batches) {
    const before = seen.get(name);
    const isStill = may_go_on && before?.ended === ended;
    const now: Seen = isStill
      ? { ...before, stillMs: before.stillMs + stepMs }
      : { ended, since: log.now(), stillMs: 0 };
    seen.set(name, now);
    progress.longestMs = Math.max(progress.longestMs, now.stillMs);
    if (now.stillMs > MOST_STILL_MS && now.stillMs - stepMs <= MOST_STILL_MS)
      progress.stood.push(
        [`${name} stood still from ${Math.round(now.since)} ms on`, ...log.lines(now.since)].join('\n'),
      );
  }
}

/** Images that wait for a try of their own that is not due do not go on for a good reason. */
async function look(url: string): Promise<Look[]> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: LOOK_WITHIN_MS });
  client.on('error', () => {});
  await client.connect();
  try {
    const { rows } = await client.query<Look>(`
      select name, completed + failed + cancelled as ended, exists (
        select from images i where i.tenant_id = b.tenant_id and i.batch_id = b.batch_id
          and (state in ('queued', 'processing') or state = 'pending' and due_at is null)) as may_go_on
      from batches b where ended_at is null`);
    return rows;
  } finally {
    await client.end().catch(() => {});
  }
}

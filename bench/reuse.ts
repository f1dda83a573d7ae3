import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { type Db, openDatabase } from '../src/db/database.ts';
import { holdEmbeddedServer } from '../src/db/embedded.ts';
import { newFolder } from '../test/support/folder.ts';
import { startMinilab } from '../test/support/minilab.ts';
import type { Lengths } from './lengths.ts';
import { makePhotographs } from './photographs.ts';
import { cpuSecondsNow } from './cpu.ts';
import { accept, type Origin, settingsOf, startOrigin, PRESET } from './rig.ts';

/** One run of a batch: requests to the host, renditions made, and CPU time of the worker with its decoders. */
type Run = { requests: number; made: number; seconds: number; cpu_seconds: number };

export type Reuse = {
  images: number;
  first: Run;
  unchanged: Run & { cpu_share_of_first: number };
  fresh: Run & { cpu_share_of_first: number };
};

/** Runs the same batch three times: new, unchanged (one conditional request per image), and fresh (no request). */
export async function reuse({ reused: images }: Lengths): Promise<Reuse> {
  await using folder = await newFolder();
  await using stack = new AsyncDisposableStack();
  const origin = await startOrigin(await makePhotographs(join(folder.path, 'photographs')));
  stack.defer(() => origin.child.disconnect());
  const server = await holdEmbeddedServer(folder.path, 'bench');
  stack.defer(() => server.close());
  const settings = settingsOf(folder.path, await server.database('bench'));
  const { db } = openDatabase(settings.DATABASE_URL, 2);
  stack.defer(() => db.destroy());
  const csv = `Image\n${Array.from({ length: images }, (_, i) => `${origin.url}/${i}\n`).join('')}`;
  await using worker = await startMinilab('worker', settings);

  async function run(freshForS: number | null): Promise<Run> {
    const requestsBefore = await requestsOf(origin);
    const cpuBefore = await cpuOf(worker.child.pid ?? 0);
    const startedAt = performance.now();
    const { batchId } = await accept(settings, csv, PRESET, { freshForS });
    const reused = await untilEnded(db, batchId, images);
    return {
      requests: (await requestsOf(origin)) - requestsBefore,
      made: images - reused,
      seconds: (performance.now() - startedAt) / 1000,
      cpu_seconds: (await cpuOf(worker.child.pid ?? 0)) - cpuBefore,
    };
  }

  const first = await run(null);
  const unchanged = await run(null);
  const fresh = await run(3_600);
  const share = (of: Run): number => of.cpu_seconds / first.cpu_seconds;
  return {
    images,
    first,
    unchanged: { ...unchanged, cpu_share_of_first: share(unchanged) },
    fresh: { ...fresh, cpu_share_of_first: share(fresh) },
  };
}

async function cpuOf(pid: number): Promise<number> {
  const { parent, decoders } = await cpuSecondsNow(pid);
  return parent + decoders;
}

async function requestsOf({ child }: Origin): Promise<number> {
  child.send('requests');
  const [{ requests }] = (await once(child, 'message')) as [{ requests: number }];
  return requests;
}

/** Waits until a batch has ended. @returns how many of its images were reused */
async function untilEnded(db: Db, batchId: string, images: number): Promise<number> {
  for (;;) {
    const { rows } = await sql<{ reused: number; completed: number }>`
      select reused, completed from batches where batch_id = ${batchId} and ended_at is not null`.execute(db);
    if (rows[0]) {
      if (rows[0].completed !== images) throw new Error(`only ${rows[0].completed} images were completed`);
      return rows[0].reused;
    }
    await sleep(100);
  }
}

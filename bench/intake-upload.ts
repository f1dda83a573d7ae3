import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { request } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { openDatabase } from '../src/db/database.ts';
import { residentMemory } from '../src/pipeline/memory.ts';
import { type Batch, startMinilab } from '../test/support/minilab.ts';
import { cpuSecondsNow, postgresSecondsNow } from './cpu.ts';
import type { Settings } from './rig.ts';

export type Sent = {
  batch: Batch;
  /** milliseconds since 1970 */
  acceptedAt: number;
  /** seconds until the answer */
  fromFirstByte: number;
  fromLastByte: number;
};

/** Seconds, CPU seconds of both processes, and the peak memory of the server. */
type Upload = Omit<Sent, 'batch' | 'acceptedAt'> & {
  serverCpu: number;
  postgresCpu: number;
  peakRssMb: number;
};

/** Uploads a file to a new server on a database of its own. */
export async function uploadAlone(file: string, settings: Settings): Promise<Upload> {
  await using minilab = await startMinilab('serve --no-worker', settings);
  const { db, pool } = openDatabase(settings.DATABASE_URL, 1);
  try {
    await pool.query('checkpoint');
    const pid = minilab.child.pid ?? 0;
    const server = async (): Promise<number> => (await cpuSecondsNow(pid)).parent;
    const [serverBefore, postgresBefore] = [await server(), await postgresSecondsNow(db)];
    const peak = watchMemory(pid);
    const { fromFirstByte, fromLastByte } = await uploadFile(minilab.url, file);
    return {
      ...{ fromFirstByte, fromLastByte, peakRssMb: peak.stop() },
      serverCpu: (await server()) - serverBefore,
      postgresCpu: (await postgresSecondsNow(db)) - postgresBefore,
    };
  } finally {
    await db.destroy();
  }
}

export async function uploadFile(url: string, file: string): Promise<Sent> {
  const headers = { 'content-type': 'text/csv', 'content-length': (await stat(file)).size };
  const sending = request(`${url}/v1/batches?name=million`, { method: 'POST', headers });
  const answered = new Promise<Batch>((resolve, reject) => {
    sending.once('error', reject);
    sending.once('response', (response) => {
      response.setEncoding('utf8');
      void Array.fromAsync(response as AsyncIterable<string>).then(
        (pieces) => resolve(JSON.parse(pieces.join('')) as Batch),
        reject,
      );
    });
  });
  const startedAt = performance.now();
  await pipeline(createReadStream(file), sending);
  const sentAt = performance.now();
  const batch = await answered;
  const now = performance.now();
  return {
    batch,
    acceptedAt: Date.now(),
    fromFirstByte: (now - startedAt) / 1000,
    fromLastByte: (now - sentAt) / 1000,
  };
}

/** The peak of a process, in megabytes, until it is stopped. */
export function watchMemory(pid: number): { stop(): number } {
  let peak = 0;
  const timer = setInterval(async () => {
    peak = Math.max(peak, (residentMemory(pid) ?? 0) / 1e6);
  }, 100);
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}

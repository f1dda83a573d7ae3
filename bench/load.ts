// A client that requests one URL over many connections, in a process of its own so that it does not wait for
// the benchmark. Its arguments are the URL and the number of connections.
import { Pool } from 'undici';

export type Load = { seconds: number; headers: Record<string, string> };
export type LoadResult = { requests: number; requests_per_second: number; p50_ms: number; p99_ms: number };

const [address = '', connectionsText] = process.argv.slice(2);
const { origin, pathname } = new URL(address);
const connections = Number(connectionsText);
const pool = new Pool(origin, { connections });

process.on('message', (load: Load) => void run(load).then((result) => process.send?.(result)));
process.on('disconnect', () => process.exit());

async function run({ seconds, headers }: Load): Promise<LoadResult> {
  const latencies: number[] = [];
  const startedAt = performance.now();
  const deadline = startedAt + 1000 * seconds;
  async function requestAgain(): Promise<void> {
    for (let sentAt = performance.now(); sentAt < deadline; sentAt = performance.now()) {
      const { statusCode, body } = await pool.request({ path: pathname, method: 'GET', headers });
      await body.dump();
      if (statusCode !== 200) throw new Error(`the answer was ${statusCode}`);
      latencies.push(performance.now() - sentAt);
    }
  }
  await Promise.all(Array.from({ length: connections }, requestAgain));
  const elapsed = performance.now() - startedAt;
  const sorted = latencies.toSorted((a, b) => a - b);
  const quantile = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN;
  return {
    requests: sorted.length,
    requests_per_second: (1000 * sorted.length) / elapsed,
    p50_ms: quantile(0.5),
    p99_ms: quantile(0.99),
  };
}

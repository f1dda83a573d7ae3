import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { sql } from 'kysely';
import { createKey } from '../src/access/key.queries.ts';
import { DEFAULT_TENANT } from '../src/access/tenants.ts';
import { type Db, openDatabase } from '../src/db/database.ts';
import { type Batch, json, startMinilab, upload } from '../test/support/minilab.ts';
import { type ApiRig, csvOf } from './api-rig.ts';
import type { Load, LoadResult } from './load.ts';
import { cpuSecondsNow } from './cpu.ts';
import { median } from './rig.ts';

/** Medians of the rounds. */
export type Status = {
  connections: number;
  without_key: Result;
  with_key: Result;
  /** requests a second with a key, as a ratio to those without one in the same round */
  ratio: number;
  ratio_min: number;
  ratio_max: number;
  /** the same of the CPU time per request */
  cpu_ratio: number;
  images_done_meanwhile: number;
};

/** CPU time of the server: other load of the machine changes it less than the rate. */
type Result = Omit<LoadResult, 'requests'> & { cpu_ms_per_request: number };
type Round = { without: Result; with: Result };

const CONNECTIONS = 64;
const ROUNDS = 9; // many short ones: other load of the machine changes between them
const SECONDS = 1.5;
const IMAGES = 20_000; // more than are done meanwhile

/** Requests the status of a batch that a worker processes, in turns without a key and with one. */
export async function measureStatus({ origin, newSettings }: ApiRig): Promise<Status> {
  await using stack = new AsyncDisposableStack();
  const settings = { ...(await newSettings('status')), REQUESTS_PER_SECOND: '0' };
  const minilab = stack.use(await startMinilab('serve --no-worker', settings));
  const batch = await json<Batch>(upload(minilab.url, csvOf(IMAGES, origin.url)));
  const { db } = openDatabase(settings.DATABASE_URL, 1);
  stack.defer(() => db.destroy());
  const key = await optionalKey(db);
  stack.use(await startMinilab('worker', settings));
  const client = fork(join(import.meta.dirname, 'load.ts'), [batch.links.self, String(CONNECTIONS)]);
  stack.defer(() => client.disconnect());

  const run = (load: Load): Promise<Result> => measured(client, minilab.child.pid ?? 0, load);
  const rounds = await alternate(run, { without: {}, with: { authorization: `Bearer ${key}` } });
  const { counts } = await json<Batch>(fetch(batch.links.self));
  if (counts.completed === IMAGES) throw new Error('the batch ended before the requests');
  const ratiosOf = (name: keyof Result) => rounds.map((round) => round.with[name] / round.without[name]);
  const ratios = ratiosOf('requests_per_second');
  return {
    connections: CONNECTIONS,
    without_key: medians(rounds.map((round) => round.without)),
    with_key: medians(rounds.map((round) => round.with)),
    ratio: median(ratios),
    ratio_min: Math.min(...ratios),
    ratio_max: Math.max(...ratios),
    cpu_ratio: median(ratiosOf('cpu_ms_per_request')),
    images_done_meanwhile: counts.completed,
  };
}

/** Creates a key on a server that stays open: both kinds of requests meet the same process. */
function optionalKey(db: Db): Promise<string> {
  return db.transaction().execute(async (trx) => {
    const { key } = await createKey(trx, { tenantId: DEFAULT_TENANT, name: 'bench', scope: 'read' });
    await sql`update access set needs_keys = false`.execute(trx);
    return key;
  });
}

async function measured(client: ChildProcess, serverPid: number, load: Load): Promise<Result> {
  const before = await cpuSecondsNow(serverPid);
  client.send(load);
  const [result] = (await once(client, 'message')) as [LoadResult];
  const cpuMs = 1000 * ((await cpuSecondsNow(serverPid)).parent - before.parent);
  const { requests, ...rates } = result;
  return { ...rates, cpu_ms_per_request: cpuMs / requests };
}

/** Every second round begins with the key. */
async function alternate(
  run: (load: Load) => Promise<Result>,
  headers: Record<keyof Round, Load['headers']>,
): Promise<Round[]> {
  for (const each of Object.values(headers)) await run({ seconds: 2, headers: each }); // the code is compiled
  const without = () => run({ seconds: SECONDS, headers: headers.without });
  const keyed = () => run({ seconds: SECONDS, headers: headers.with });
  const rounds: Round[] = [];
  while (rounds.length < ROUNDS) {
    if (rounds.length % 2 === 0) rounds.push({ without: await without(), with: await keyed() });
    else rounds.push({ with: await keyed(), without: await without() });
  }
  return rounds;
}

function medians(results: Result[]): Result {
  const of = (name: keyof Result): number => median(results.map((result) => result[name]));
  return {
    requests_per_second: of('requests_per_second'),
    p50_ms: of('p50_ms'),
    p99_ms: of('p99_ms'),
    cpu_ms_per_request: of('cpu_ms_per_request'),
  };
}

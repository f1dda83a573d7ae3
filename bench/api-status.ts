import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { sql } from 'kysely';
import { createKey } from '../src/access/key.queries.ts';
import { DEFAULT_TENANT } from '../src/access/tenants.ts';
import { type Db, openDatabase } from '../src/db/database.ts';
import { type Batch, json, startMinilab, upload } from '../test/support/minilab.ts';
import { type ApiRig, csvOf } from './api-rig.ts';
import type { Load, LoadResult } from './load.ts';
import { median } from './rig.ts';

/** Medians of the rounds. */
export type Status = {
  connections: number;
  without_key: LoadResult;
  with_key: LoadResult;
  /** requests a second with a key, as a ratio to those without one in the same round */
  ratio: number;
  ratio_min: number;
  ratio_max: number;
  images_done_meanwhile: number;
};

type Round = { without: LoadResult; with: LoadResult };

const CONNECTIONS = 64;
const ROUNDS = 4;
const SECONDS = 3;
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

  async function run(load: Load): Promise<LoadResult> {
    client.send(load);
    const [result] = (await once(client, 'message')) as [LoadResult];
    return result;
  }

  const authorization = `Bearer ${key}`;
  const kinds = { without: {}, with: { authorization } };
  for (const headers of Object.values(kinds)) await run({ seconds: 1, headers }); // the code is compiled
  const rounds: Round[] = [];
  for (let number = 1; number <= ROUNDS; number += 1) {
    const order = number % 2 === 1 ? (['without', 'with'] as const) : (['with', 'without'] as const);
    const results: Partial<Round> = {};
    for (const kind of order) results[kind] = await run({ seconds: SECONDS, headers: kinds[kind] });
    rounds.push(results as Round);
  }
  const { counts } = await json<Batch>(fetch(batch.links.self));
  if (counts.completed === IMAGES) throw new Error('the batch ended before the requests');
  const ratios = rounds.map((round) => round.with.requests_per_second / round.without.requests_per_second);
  return {
    connections: CONNECTIONS,
    without_key: medians(rounds.map((round) => round.without)),
    with_key: medians(rounds.map((round) => round.with)),
    ratio: median(ratios),
    ratio_min: Math.min(...ratios),
    ratio_max: Math.max(...ratios),
    images_done_meanwhile: counts.completed,
  };
}

/** Creates a key on a server that stays open: both kinds of requests meet the same process. */
async function optionalKey(db: Db): Promise<string> {
  const { key } = await createKey(db, { tenantId: DEFAULT_TENANT, name: 'bench', scope: 'read' });
  await sql`update access set needs_keys = false`.execute(db);
  return key;
}

function medians(results: LoadResult[]): LoadResult {
  return {
    requests_per_second: median(results.map((result) => result.requests_per_second)),
    p50_ms: median(results.map((result) => result.p50_ms)),
    p99_ms: median(results.map((result) => result.p99_ms)),
  };
}

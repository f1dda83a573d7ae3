/** What is found when a chaos is over and everything has ended. */
import assert from 'node:assert/strict';
import { Client } from 'pg';
import { addressNow } from '../../src/db/address.ts';
import type { Asking } from './asking.ts';
import type { Wish } from './chaos-load.ts';
import * as truth from './chaos-truth.ts';
import type { UsersPlace } from './chaos-users.ts';
import type { Heard } from './hearing.ts';
import type { Running } from './minilab.ts';
import type { Origin } from './origin.ts';
import { until } from './until.ts';

const LEASES_LAST_MS = 60_000; // 30 s at most, and what a loaded machine adds

export type WholePlace = UsersPlace & {
  databaseUrl: string;
  hearing: Origin & { heard: Heard[]; misdated: string[] };
  /** of webhooks */
  secret: string;
  everyone: () => { alive: Running[]; killed: Running[] };
};

/**
 * Everything that must hold, wherever files are kept.
 * @param filesAreTrue sweeps the storage and holds it against the rows; counts files
 * @returns what was counted
 */
export async function isWholeAfterAll(
  place: WholePlace,
  filesAreTrue: (client: Client) => Promise<Record<string, number>>,
): Promise<Record<string, number>> {
  const { databaseUrl, wishes, hearing, secret, everyone } = place;
  await using stack = new AsyncDisposableStack();
  const client = new Client(addressNow(databaseUrl));
  await client.connect();
  stack.defer(() => client.end());
  await until(() => truth.allIsDelivered(client), 60_000, 'the last delivery');
  const pictures = await allSlotsAreRight(wishes);
  await endInGoodOrder(everyone());
  await truth.countersAreRows(client, wishes);
  await truth.oneEventARound(client, wishes);
  const repeated = await truth.everyEventIsHeard(client, { wishes, heard: hearing.heard, secret });
  assert.deepEqual(hearing.misdated, []);
  await truth.nothingIsLeft(client);
  await until(async () => (await truth.leases(client)).length === 0, LEASES_LAST_MS).catch(() => {});
  assert.deepEqual(await truth.leases(client), []);
  const files = await filesAreTrue(client);
  await truth.storedBytesAreTrue(client);
  return { pictures, ...files, ...countedOf(wishes), beside: smallOnesGoOn(wishes), repeated };
}

/** Nobody but those that were killed has ended before, and nobody met an error of ours. */
async function endInGoodOrder({ alive, killed }: ReturnType<WholePlace['everyone']>): Promise<void> {
  for (const running of alive) {
    assert.equal(running.child.exitCode, null, running.said());
    running.child.kill('SIGTERM');
    assert.equal(await running.ended, 0, running.said());
  }
  for (const running of [...alive, ...killed]) assert.equal(errorsIn(running.said()), '');
}

/** @returns how many batches ended while the first one, which is large, still ran; all are of the same host */
function smallOnesGoOn([large, ...others]: Wish[]): number {
  const until = large?.ended?.ended_at ?? '';
  const beside = others.filter(({ ended }) => (ended?.ended_at ?? until) < until).length;
  assert.ok(beside > 0 || large?.isCancelled, 'all batches waited for the large one');
  return beside;
}

/** @returns how many pictures were looked at */
async function allSlotsAreRight(wishes: Wish[]): Promise<number> {
  const known = new Map<string, Promise<Buffer>>();
  const pictureAt = (url: string): Promise<Buffer> => {
    const picture =
      known.get(url) ?? fetch(url).then(async (answer) => Buffer.from(await answer.arrayBuffer()));
    known.set(url, picture);
    return picture;
  };
  let pictures = 0;
  for (const wish of wishes) {
    const csv = await (await fetch(wish.accepted?.links.output_csv ?? '')).text();
    pictures += await truth.everySlotIsRight(wish, { csv, pictureAt });
  }
  return pictures;
}

function countedOf(wishes: Wish[]): Record<string, number> {
  return {
    batches: wishes.length,
    images: wishes.reduce((sum, { rows }) => sum + rows.flat().length, 0),
    cancelled: wishes.filter((wish) => wish.isCancelled).length,
    rounds: wishes.reduce((sum, { rounds }) => sum + rounds, 0),
  };
}

export function report(counted: Record<string, number>, { tally }: Asking): string {
  const lines = Object.entries(counted).map(([name, n]) => `${name} ${n}`);
  const answers = [...tally].toSorted(([a], [b]) => a.localeCompare(b)).map(([name, n]) => `  ${name}: ${n}`);
  return [lines.join(', '), 'answers:', ...answers].join('\n');
}

/** The first lines of a log that tell of more than passing trouble. */
export function errorsIn(said: string): string {
  const lines = said.split('\n').filter((line) => /^\{"level":[56]0/.test(line));
  return lines.slice(0, 20).join('\n');
}

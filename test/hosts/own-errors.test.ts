import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { Resolver } from 'node:dns/promises';
import { BlockList } from 'node:net';
import { test } from 'node:test';
import { sql } from 'kysely';
import { recordOutcomes } from '../../src/hosts/host-feedback.ts';
import { createHostLimiter } from '../../src/hosts/host-limiter.ts';
import { createGuard, type Guard } from '../../src/net/guard.ts';
import { createResolver } from '../../src/net/resolver.ts';
import { type FetchRules, fetchSource } from '../../src/pipeline/download/fetch.ts';
import { ImageProblem } from '../../src/pipeline/problems.ts';
import { createSourceFiles } from '../../src/pipeline/download/source-files.ts';
import { newServices, silent } from '../support/batches.ts';
import { newFolder } from '../support/folder.ts';

const PARKED_AFTER = 20;

/** A resolver with a mistake of ours in it. */
class BrokenResolver extends Resolver {
  override resolve4 = async (): Promise<never> => {
    throw new TypeError("Cannot read properties of undefined (reading 'length')");
  };
  override resolve6 = this.resolve4;
}

type Setup = { guard: Guard; trace?(): void };

/** Downloads from a host as a worker does, until a healthy worker would have parked it. */
async function parkingsAfter(url: string, { guard, trace }: Setup) {
  await using services = await newServices();
  await using folder = await newFolder();
  const { database } = services;
  const files = createSourceFiles(folder.path);
  const limiter = createHostLimiter({
    database,
    workerId: randomUUID(),
    hostConcurrency: () => 32,
    downloadConcurrency: 32,
    openHeaders: async () => ({}),
    recordNow: async () => {},
    log: silent,
  });
  const errors: unknown[] = [];
  for (let i = 0; i < PARKED_AFTER; i += 1) errors.push(await failureOf());
  await recordOutcomes(database.db, limiter.takeOutcomes(), 32);
  await limiter.stop();
  await files.close();
  await guard.close();
  const { rows } = await sql<{ parkings: number }>`select parkings from hosts`.execute(database.db);
  return { errors, parkings: rows[0]?.parkings ?? 0 };

  async function failureOf(): Promise<unknown> {
    const { signal } = new AbortController();
    const permit = await limiter.acquire({ tenantId: 1, url }, signal);
    const error = await download({ permit, ...(trace && { trace }) }).catch((reason: unknown) => reason);
    permit.release(error instanceof ImageProblem ? error : undefined);
    return error;
  }

  async function download(extras: Partial<FetchRules>): Promise<void> {
    const file = await files.take();
    const all = { guard, maxBytes: 1e6, userAgent: 'minilab/test', localFolder: undefined, ...extras };
    await fetchSource(url, file, all, new AbortController().signal).finally(() => files.giveBack(file));
  }
}

const rules = { allowedPorts: new Set([80]), allowedPrivateNetworks: new BlockList() };

test('a mistake of ours in looking up names does not park the host', async () => {
  const guard = createGuard(rules, createResolver(new BrokenResolver()));
  const { errors, parkings } = await parkingsAfter('http://shop.example/1.jpg', { guard });
  assert.equal(errors.length, PARKED_AFTER);
  for (const error of errors) assert.ok(error instanceof TypeError, String(error));
  assert.equal(parkings, 0);
});

test('a mistake of ours around a request does not park the host; failures of the host do', async () => {
  const trace = (): void => {
    throw new TypeError('trace is not a function');
  };
  const unreachable = async (): Promise<never> => {
    throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
  };
  const url = 'http://shop.example/1.jpg';
  const own = await parkingsAfter(url, { guard: createGuard(rules, unreachable), trace });
  for (const error of own.errors) assert.ok(error instanceof TypeError, String(error));
  assert.equal(own.parkings, 0);
  const theirs = await parkingsAfter(url, { guard: createGuard(rules, unreachable) });
  for (const error of theirs.errors)
    assert.ok(error instanceof ImageProblem && error.code === 'connect_failed', String(error));
  assert.equal(theirs.parkings, 1);
});

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { LeasedHost } from '../../src/hosts/leased-host.ts';
import type { PermitGrant } from '../../src/hosts/leases.ts';
import { HostBusy } from '../../src/pipeline/download/download-permit.ts';
import { ImageProblem } from '../../src/pipeline/problems.ts';

const KEY = { tenantId: 1, host: 'shop.example' };
const { signal } = new AbortController();

function grantOf(grant: Partial<PermitGrant>): PermitGrant {
  return { ...KEY, permits: 2, heldMs: 0, givenUp: null, headers: undefined, ...grant };
}

/** As if the exchange had begun in a minute, so that its grant stays valid however slow this machine is. */
function lasting(): number {
  return performance.now() + 60_000;
}

function grantedHost(grant: Partial<PermitGrant> = {}): LeasedHost {
  const host = new LeasedHost(KEY);
  host.grant(grantOf(grant), lasting());
  return host;
}

/** Whether a promise has settled once the microtasks that are due have run. */
async function hasSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  const isPending = new Promise<symbol>((resolve) => setImmediate(resolve, pending));
  return (await Promise.race([promise, isPending])) !== pending;
}

describe('a leased host', () => {
  test('lets in as many downloads as it has permits, and the next one when one is released', async () => {
    const host = grantedHost();
    assert.equal(await host.acquire(signal), false);
    await host.acquire(signal);
    const third = host.acquire(signal);
    assert.equal(await hasSettled(third), false);
    assert.equal(host.demand, 3);
    host.release();
    assert.equal(await third, true, 'all permits were in use');
  });

  test('asks for its demand, and keeps asking for a while for what was of use lately', async () => {
    const host = grantedHost({ permits: 8 });
    for (let i = 0; i < 8; i += 1) await host.acquire(signal);
    assert.deepEqual(host.nextRequest(), { ...KEY, open: 8, kept: 8, wanted: 8 });
    for (let i = 0; i < 8; i += 1) host.release();
    const wanted = Array.from({ length: 9 }, () => host.nextRequest().wanted);
    assert.deepEqual(wanted, [7, 6, 5, 4, 3, 2, 1, 0, 0]);
    assert.ok(host.isIdle);
  });

  test('opens no more than it said it would keep until the answer to its request arrives', async () => {
    const host = grantedHost({ permits: 8 });
    await host.acquire(signal);
    assert.equal(host.nextRequest().kept, 1);
    assert.equal(await hasSettled(host.acquire(signal)), false);
  });

  test('with fewer permits than downloads lets those end first', async () => {
    const host = grantedHost({ permits: 2 });
    await host.acquire(signal);
    await host.acquire(signal);
    host.grant(grantOf({ permits: 1 }), lasting());
    const waiting = host.acquire(signal);
    host.release();
    assert.equal(await hasSettled(waiting), false);
    host.release();
    await waiting;
  });

  test('on hold refuses all that wait', async () => {
    const host = grantedHost({ permits: 0 });
    const waiting = host.acquire(signal);
    host.grant(grantOf({ heldMs: 5_000 }), lasting());
    await assert.rejects(waiting, (error) => error instanceof HostBusy && error.because === 'held');
  });

  test('keeps a hold of its own until an exchange can know of it', async () => {
    const host = grantedHost();
    const beforeHold = performance.now();
    const recorded = Promise.withResolvers<void>();
    host.hold(5_000, recorded.promise);
    host.grant(grantOf({}), beforeHold);
    await assert.rejects(host.acquire(signal), HostBusy);
    recorded.resolve();
    await new Promise(setImmediate);
    host.grant(grantOf({}), lasting());
    await host.acquire(signal);
  });

  test('that is given up fails images at once, except one trial request when its hold is over', async () => {
    const host = grantedHost({ permits: 1, heldMs: 5_000, givenUp: 'dns_failed' });
    const isLast = (error: unknown): boolean =>
      error instanceof ImageProblem && error.code === 'dns_failed' && error.isLast;
    await assert.rejects(host.acquire(signal), isLast);
    host.grant(grantOf({ permits: 1, givenUp: 'dns_failed' }), lasting());
    await host.acquire(signal);
    await assert.rejects(host.acquire(signal), isLast);
  });

  test('lets nothing in on a grant that is too old, and needs another exchange', async () => {
    const host = new LeasedHost(KEY);
    host.grant(grantOf({}), performance.now() - 10_000);
    assert.ok(host.needsExchange);
    assert.equal(await hasSettled(host.acquire(signal)), false);
  });

  test('forgets a download that is aborted while it waits', async () => {
    const host = grantedHost({ permits: 0 });
    const ending = new AbortController();
    const waiting = host.acquire(ending.signal);
    ending.abort(new Error('the lease is lost'));
    await assert.rejects(waiting, /the lease is lost/);
    assert.equal(host.demand, 0);
  });
});

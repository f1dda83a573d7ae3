import assert from 'node:assert/strict';
import { createContext, Script } from 'node:vm';

const ENDLESS_MS = 60_000;
const WORK = new Script('work()');
const context = createContext({});

/**
 * Fails where work takes more CPU time than that. Of a busy machine it takes no more, and what would never
 * end is ended.
 */
export function takesAtMost<T>(ms: number, what: string, work: () => T): T {
  const before = process.threadCpuUsage();
  const result = WORK.runInContext(Object.assign(context, { work }), { timeout: ENDLESS_MS }) as T;
  assertCpu(ms, what, before);
  return result;
}

/** The same of asynchronous work, which nothing ends: of other work at the same time it must have none. */
export async function takesAtMostAsync<T>(ms: number, what: string, work: () => Promise<T>): Promise<T> {
  const before = process.threadCpuUsage();
  const result = await work();
  assertCpu(ms, what, before);
  return result;
}

function assertCpu(ms: number, what: string, before: NodeJS.CpuUsage): void {
  const { user, system } = process.threadCpuUsage(before);
  const took = (user + system) / 1000;
  assert.ok(took <= ms, `${what} took ${Math.round(took)} ms of CPU time, and may take ${ms}`);
}

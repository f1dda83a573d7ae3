import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { residentMemory } from '../src/pipeline/memory.ts';
import { startMinilab } from '../test/support/minilab.ts';
import { cpuSecondsNow } from './cpu.ts';
import type { Settings } from './rig.ts';

/** A CPU share of 1 is one core. */
export type Usage = { statements_per_second: number; cpu_share: number };

export type Probe = { statements: number; cpuSeconds: number; heapMb: number; rssMb: number };

export type ProbedServer = AsyncDisposable & {
  url: string;
  probe(): Promise<Probe>;
  /** What the server alone uses during some work. */
  usage(work: () => Promise<unknown>): Promise<Usage>;
};

/** Starts a server without a worker that counts its statements and knows its heap. */
export async function startProbedServer(settings: Settings): Promise<ProbedServer> {
  const code = pathToFileURL(join(import.meta.dirname, 'server-probe.ts')).href;
  const running = await startMinilab('serve --no-worker', { ...settings, NODE_OPTIONS: `--import ${code}` });
  const pid = running.child.pid ?? 0;
  let probes = 0;

  async function probe(): Promise<Probe> {
    probes += 1;
    const line = new RegExp(`probe ${probes}: (\\d+) statements, (\\d+) bytes`);
    running.child.kill('SIGUSR2');
    while (!line.test(running.said())) await sleep(10);
    const [, statements, heap] = line.exec(running.said()) ?? [];
    return {
      statements: Number(statements),
      cpuSeconds: (await cpuSecondsNow(pid)).parent,
      heapMb: Number(heap) / 1e6,
      rssMb: (residentMemory(pid) ?? Number.NaN) / 1e6,
    };
  }

  async function usage(work: () => Promise<unknown>): Promise<Usage> {
    const before = await probe();
    const startedAt = performance.now();
    await work();
    const seconds = (performance.now() - startedAt) / 1000;
    const cpuSeconds = (await cpuSecondsNow(pid)).parent; // without the garbage collection of the probe
    const { statements } = await probe();
    return {
      statements_per_second: (statements - before.statements) / seconds,
      cpu_share: (cpuSeconds - before.cpuSeconds) / seconds,
    };
  }

  return { url: running.url, probe, usage, [Symbol.asyncDispose]: () => running[Symbol.asyncDispose]() };
}

import { readFile } from 'node:fs/promises';
import type { BrowserContext } from 'playwright-core';

/**
 * Megabytes in memory of the largest process that draws pages: script, document, pictures and the browser's own code.
 * @returns undefined where the system does not say so
 */
export async function tabMemory(context: BrowserContext): Promise<number | undefined> {
  const session = await context.browser()?.newBrowserCDPSession();
  const { processInfo } = (await session?.send('SystemInfo.getProcessInfo')) ?? { processInfo: [] };
  await session?.detach();
  const renderers = processInfo.filter(({ type }) => type === 'renderer');
  const sizes = await Promise.all(renderers.map(({ id }) => resident(id)));
  return sizes.length === 0 ? undefined : Math.max(...sizes);
}

async function resident(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return (Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024) / 1e6;
}

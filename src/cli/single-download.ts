import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGuard, type Guard, type GuardRules } from '../net/guard.ts';
import { createDecoderPool, type DecoderPool } from '../pipeline/decoder-pool.ts';
import { createSourceFiles, type SourceFile } from '../pipeline/download/source-files.ts';
import { watchOver } from '../watchdog/watchdog.ts';

type SingleDownload = { guard: Guard; file: SourceFile; decoders: DecoderPool };

/**
 * Opens what a command needs for one download: a guard, a file in a temporary folder, a decoder.
 * @param what the URL or file, for the watchdog's log
 * @param stack closes everything, and removes the folder
 */
export async function openSingleDownload(
  what: string,
  rules: GuardRules,
  stack: AsyncDisposableStack,
): Promise<SingleDownload> {
  stack.use(watchOver(what));
  const folder = await mkdtemp(join(tmpdir(), 'minilab-download-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const guard = createGuard(rules);
  stack.defer(() => guard.close());
  const files = createSourceFiles(folder);
  stack.defer(() => files.close());
  const decoders = createDecoderPool(1);
  stack.defer(() => decoders.stop());
  const file = await files.take();
  stack.defer(() => files.discard(file));
  return { guard, file, decoders };
}

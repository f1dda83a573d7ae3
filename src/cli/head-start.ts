/**
 * What a run of `process` or `audit` begins while it still loads its code, because other processes do it: the bundled
 * server and a decoder start. Loading takes half of the time to the first image, and blocks this process.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Config, readConfig } from '../config.ts';
import { type EmbeddedServer, holdEmbeddedServer } from '../db/embedded.ts';
import { createDecoders } from '../pipeline/decoders.ts';
import type { DecoderPool } from '../pipeline/decoder-pool.ts';
import { createRunLog } from './log.ts';

export type HeadStart = AsyncDisposable & {
  /** one of them is started; undefined when nothing was begun */
  decoders: DecoderPool | undefined;
  /** The bundled server, which the head start releases. @throws what kept it from starting */
  server(dataDir: string): Promise<EmbeddedServer>;
};

/** Resolves when the other processes have been started, and does not wait for them. */
export async function beginRun(): Promise<HeadStart> {
  const config = settings();
  if (!config) return nothingBegun();
  const decoders = createDecoders(config, createRunLog(config.logLevel));
  decoders.probe().catch(() => {}); // one is started; the others when the upload is read
  const spawned = Promise.withResolvers<void>();
  const starting = holdEmbeddedServer(config.dataDir, 'process', spawned.resolve);
  await Promise.race([spawned.promise, starting.catch(() => {})]);
  return {
    decoders,
    server: () => starting,
    async [Symbol.asyncDispose]() {
      await decoders.stop();
      await starting.then((server) => server.close()).catch(() => {});
    },
  };
}

/**
 * Undefined where nothing is worth beginning: they are wrong, which the command says, or the first run has a server to
 * create, which an upload with errors must not wait for.
 */
function settings(): Config | undefined {
  try {
    const config = readConfig();
    return existsSync(join(config.dataDir, 'postgres', 'data', 'PG_VERSION')) ? config : undefined;
  } catch {
    return undefined;
  }
}

function nothingBegun(): HeadStart {
  let holding: Promise<EmbeddedServer> | undefined;
  return {
    decoders: undefined,
    server: (dataDir) => (holding ??= holdEmbeddedServer(dataDir, 'process')),
    async [Symbol.asyncDispose]() {
      await holding?.then((server) => server.close()).catch(() => {});
    },
  };
}

import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Database } from '../db/database.ts';
import { headersOpener } from '../hosts/headers.ts';
import { recordOutcomes } from '../hosts/host-feedback.ts';
import { createHostLimiter, type HostLimiter } from '../hosts/host-limiter.ts';
import type { SecretsKey } from '../hosts/secrets.ts';
import { newUuid } from '../ids.ts';
import type { Guard } from '../net/guard.ts';
import type { Storage } from '../storage/storage.ts';
import { userAgentOf } from '../version.ts';
import { type Befores, createBefores } from './befores.ts';
import { IdleDecoders } from './idle-decoders.ts';
import type { OpenUpload } from './preview-sources.ts';
import { createPreviews, type Previews } from './previews.ts';
import { createThumbs, type Thumbs } from './thumbs.ts';

const AT_ONCE = 2;

export type PicturesParts = {
  config: Config;
  /** as HOST_CONCURRENCY is now */
  feed: { readonly hostConcurrency: number };
  database: Database;
  storage: Storage;
  guard: Guard;
  secretsKey: SecretsKey;
  log: Logger;
  openUpload: OpenUpload;
};

/** Pictures that are made when somebody looks at them. A server without a worker makes them too. */
export type Pictures = { thumbs: Thumbs; befores: Befores; previews: Previews; stop(): Promise<void> };

export function startPictures({
  config,
  feed,
  database,
  storage,
  guard,
  secretsKey,
  log,
  openUpload,
}: PicturesParts): Pictures {
  const { maxSourceBytes: maxBytes, publicUrl } = config;
  const folder = join(config.dataDir, 'tmp');
  const decoders = new IdleDecoders(AT_ONCE, (error) => log.warn({ err: error }, 'a decoder crashed'));
  const limiter = createHostLimiter({
    database,
    workerId: newUuid(), // it leases permits like a worker, and claims nothing
    hostConcurrency: () => feed.hostConcurrency,
    downloadConcurrency: AT_ONCE,
    openHeaders: headersOpener(secretsKey),
    recordNow: (outcomes) => recordOutcomes(database.hurried, outcomes, feed.hostConcurrency),
    log,
  });
  const fetchRules = { guard, maxBytes, userAgent: userAgentOf(publicUrl), localFolder: undefined };
  const { db } = database;
  const again = {
    download: { fetchRules, acquirePermit: limiter.acquire, storage },
    onDownloaded: () => recordOutcomesOf(limiter, { database, feed, log }),
    decoders,
    folder,
  };
  return {
    thumbs: createThumbs({ db, storage, decoders, folder, log }),
    befores: createBefores(again),
    previews: createPreviews({ ...again, db, openUpload, maxBytes }),
    async stop() {
      await decoders.stop();
      await limiter.stop();
    },
  };
}

/** What a download showed of its hosts is not worth failing a request. */
async function recordOutcomesOf(
  limiter: HostLimiter,
  { database, feed, log }: Pick<PicturesParts, 'database' | 'feed' | 'log'>,
): Promise<void> {
  try {
    await recordOutcomes(database.hurried, limiter.takeOutcomes(), feed.hostConcurrency);
  } catch (error) {
    log.warn({ err: error }, 'outcomes of downloads cannot be recorded');
  }
}

import { randomBytes } from 'node:crypto';
import { link, readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { Problem, systemCode } from '../errors.ts';
import { newUuid } from '../ids.ts';

/** The key that encrypts secrets in the database. The key itself is never stored there. */
export type SecretsKey = {
  /** @returns 32 bytes. @throws Problem `conflict` where no key is set */
  read(): Promise<Buffer>;
  /** Like `read`, and creates the key where it belongs into the data folder. */
  readOrMake(): Promise<Buffer>;
};

const KEY_BYTES = 32; // AES-256

/** SECRETS_KEY; else, with the embedded database, a file beside it, since all processes share one machine. */
export function secretsKeyOf(config: Pick<Config, 'secretsKey' | 'databaseUrl' | 'dataDir'>): SecretsKey {
  const { secretsKey } = config;
  if (secretsKey !== undefined) return { read: async () => secretsKey, readOrMake: async () => secretsKey };
  if (config.databaseUrl !== undefined) return { read: noKey, readOrMake: noKey };
  const path = join(config.dataDir, 'secrets.key');
  return {
    read: () => readKey(path),
    readOrMake: () =>
      readKey(path).catch(async (error: unknown) => {
        if (systemCode(error) !== 'ENOENT') throw error;
        await makeKey(path);
        return readKey(path);
      }),
  };
}

async function noKey(): Promise<never> {
  throw new Problem('conflict', {
    detail:
      'Request headers are stored encrypted, which needs a key: set SECRETS_KEY to 32 bytes in base64 (openssl rand -base64 32), the same for serve and all workers.',
  });
}

async function readKey(path: string): Promise<Buffer> {
  return Buffer.from(await readFile(path, 'utf8'), 'base64');
}

/** Of several processes that create the key at once, the first one wins, and none reads a partial file. */
async function makeKey(path: string): Promise<void> {
  const draft = `${path}.${newUuid()}`;
  await writeFile(draft, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  await link(draft, path).catch((error: unknown) => {
    if (systemCode(error) !== 'EEXIST') throw error;
  });
  await unlink(draft);
}

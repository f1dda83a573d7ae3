import { readFile, unlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { freeMemory } from '../../free-memory.ts';
import { diskTrouble } from '../disk-paths.ts';
import type { StorageKey } from '../keys.ts';
import { type Content, type Keeping, StorageTrouble } from '../storage.ts';
import { objectOf } from './call.ts';
import type { Bucket } from './client.ts';
import { contentOf } from './read.ts';
import { statusOf, troubleOf } from './trouble.ts';

const TRIES = 3; // of a file that arrives damaged
const CONFLICT_MS = 100;
const MOST_ROUNDS = 50;

/** @returns the content under the key, which is that of another file if the key existed */
export async function putObject(
  bucket: Bucket,
  key: StorageKey,
  file: Keeping,
  signal: AbortSignal,
): Promise<Content> {
  let damages = 0;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const result = await putOnce(bucket, key, file, signal).catch((error: unknown) => {
      const trouble = troubleOf(bucket, error);
      if (trouble.kind !== 'damaged' || (damages += 1) === TRIES) throw error;
      return 'damaged' as const; // the file is read again, and sent again
    });
    if (result === 'conflict') await sleep(CONFLICT_MS * (0.5 + Math.random()), undefined, { signal });
    const { bytes, sha256 } = file;
    const content = result === 'stored' ? { bytes, sha256 } : undefined;
    const kept = result === 'kept' ? await contentOf(bucket, key, signal) : content;
    if (!kept) continue; // also where an object that was there was removed meanwhile
    await unlink(file.path);
    return kept;
  }
  throw new StorageTrouble(`${bucket.name}: others store and remove ${key} all the time`);
}

type PutResult = 'stored' | 'kept' | 'conflict';

async function putOnce(
  bucket: Bucket,
  key: StorageKey,
  { path, bytes, sha256, contentType }: Keeping,
  signal: AbortSignal,
): Promise<PutResult> {
  // Renditions are small enough for memory, and a stream could not be sent again.
  const body = await readFile(path).catch((error: unknown) => {
    throw diskTrouble(path, 'read', error);
  });
  if (body.length !== bytes) throw new StorageTrouble(`${path} has ${body.length} bytes instead of ${bytes}`);
  const command = new PutObjectCommand({
    ...objectOf(bucket, key),
    Body: body,
    ContentLength: bytes,
    ContentType: contentType,
    CacheControl: 'public, max-age=31536000, immutable',
    ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
    Metadata: { sha256 },
    IfNoneMatch: '*',
  });
  const sending = bucket.client.send(command, { abortSignal: signal });
  const result = await conditional(sending);
  // All of it was sent, and no earlier attempt can still be sending it.
  if (result === 'stored' && (await sending).$metadata.attempts === 1) freeMemory(body);
  return result;
}

/** What a conditional PUT answers: 409 when two arrive at the same time. */
export async function conditional(put: Promise<unknown>): Promise<PutResult> {
  try {
    await put;
    return 'stored';
  } catch (error) {
    if (statusOf(error) === 412) return 'kept';
    if (statusOf(error) === 409) return 'conflict';
    throw error;
  }
}

import { unlink } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { StorageKey } from '../keys.ts';
import { type Content, type Keeping, StorageTrouble } from '../storage.ts';
import { objectOf } from './call.ts';
import { isStreamed, openBody } from './body.ts';
import type { Bucket } from './client.ts';
import { contentOf } from './read.ts';
import { statusOf, troubleOf } from './trouble.ts';

const TRIES = 3; // of a file that arrives damaged, or is too large for the client to send it again
const CONFLICT_MS = 100;
const MOST_ROUNDS = 50;
const REQUEST_MS = 10_000;
const SLOWEST_BYTES_PER_MS = 1_000;

/** @returns the content under the key, which is that of another file if the key existed */
export async function putObject(
  bucket: Bucket,
  key: StorageKey,
  file: Keeping,
  signal: AbortSignal,
): Promise<Content> {
  let failures = 0;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const result = await putOnce(bucket, key, file, signal).catch((error: unknown) => {
      const { kind } = troubleOf(bucket, error);
      const isWorthIt = kind === 'damaged' || (kind === 'weather' && isStreamed(file));
      if (!isWorthIt || signal.aborted || (failures += 1) === TRIES) throw error;
      return 'again' as const; // the file is read again, and sent again
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
  file: Keeping,
  signal: AbortSignal,
): Promise<PutResult> {
  const { bytes, sha256, contentType } = file;
  await using body = await openBody(file);
  const command = new PutObjectCommand({
    ...objectOf(bucket, key),
    Body: body.content,
    ContentLength: bytes,
    ContentType: contentType,
    CacheControl: 'public, max-age=31536000, immutable',
    ChecksumSHA256: Buffer.from(sha256, 'hex').toString('base64'),
    Metadata: { sha256 },
    IfNoneMatch: '*',
  });
  const sending = bucket.client.send(command, {
    abortSignal: AbortSignal.any([signal, body.broken]),
    ...(isStreamed(file) && { requestTimeout: REQUEST_MS + bytes / SLOWEST_BYTES_PER_MS }),
  });
  const result = await conditional(sending).catch((error: unknown) => {
    throw body.broken.aborted ? body.broken.reason : error;
  });
  // All of it was sent, and no earlier attempt can still be sending it.
  if (result === 'stored' && (await sending).$metadata.attempts === 1) body.free();
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

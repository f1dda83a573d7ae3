import { DeleteObjectCommand, DeleteObjectsCommand } from '@aws-sdk/client-s3';
import type { StorageKey } from '../keys.ts';
import { REMOVE_WITHIN_MS, type Removal, StorageTrouble } from '../storage.ts';
import { objectOf } from './call.ts';
import type { Bucket } from './client.ts';
import { statusOf, troubleOf } from './trouble.ts';

const KEYS_A_REQUEST = 1_000; // the most that S3 takes
const SINGLE_AT_ONCE = 16;

/** Removes objects. @param signal of the caller: the removal ends with it, and after REMOVE_WITHIN_MS in any case */
export async function removeObjects(
  bucket: Bucket,
  keys: readonly StorageKey[],
  signal: AbortSignal,
): Promise<Removal> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(REMOVE_WITHIN_MS)]);
  const requests = new DeleteRequests(bucket, deadline);
  for (let at = 0; at < keys.length; at += KEYS_A_REQUEST)
    await removeSome(requests, keys.slice(at, at + KEYS_A_REQUEST)).catch((error: unknown) => {
      throw deadline.aborted && !signal.aborted ? tooSlow(bucket) : error;
    });
  return requests.hasRepeated ? 'doubtful' : 'certain';
}

/**
 * Sends requests of one removal. The client repeats what failed, although the first request may still be under
 * way, in a socket or a proxy. And it takes some time to sign a request, in which a process can be frozen: one that
 * wakes up after its time sends nothing.
 */
class DeleteRequests {
  readonly bucket: Bucket;
  readonly #signal: AbortSignal;
  readonly #until = performance.now() + REMOVE_WITHIN_MS; // by the clock, because timers of a frozen process are late
  /** whether a request was sent more than once */
  hasRepeated = false;

  constructor(bucket: Bucket, signal: AbortSignal) {
    this.bucket = bucket;
    this.#signal = signal;
  }

  async many(objects: { Key: string }[]): Promise<void> {
    const command = new DeleteObjectsCommand({
      Bucket: this.bucket.address.bucket,
      Delete: { Objects: objects, Quiet: true },
    });
    command.middlewareStack.add(this.#beforeEachAttempt(), BEFORE_SENDING);
    const { Errors: errors = [] } = await this.bucket.client.send(command, { abortSignal: this.#signal });
    const failed = errors.find(({ Code: code }) => code !== 'NoSuchKey');
    if (failed) throw failedOne(this.bucket, failed);
  }

  async one(object: { Key: string }): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.bucket.address.bucket, ...object });
    command.middlewareStack.add(this.#beforeEachAttempt(), BEFORE_SENDING);
    await this.bucket.client.send(command, { abortSignal: this.#signal });
  }

  #beforeEachAttempt() {
    let attempts = 0;
    return <Args, Output>(next: (args: Args) => Promise<Output>) =>
      async (args: Args): Promise<Output> => {
        if (performance.now() > this.#until) throw tooSlow(this.bucket);
        attempts += 1;
        if (attempts > 1) this.hasRepeated = true;
        return next(args);
      };
  }
}

/** After the signature, and again for each attempt. */
const BEFORE_SENDING = { name: 'beforeEachAttempt', step: 'finalizeRequest', priority: 'low' } as const;

async function removeSome(requests: DeleteRequests, keys: StorageKey[]): Promise<void> {
  const objects = keys.map((key) => ({ Key: objectOf(requests.bucket, key).Key }));
  try {
    await requests.many(objects);
  } catch (error) {
    if (statusOf(error) !== 501) throw error;
    await removeSingly(requests, objects);
  }
}

/** For stores without DeleteObjects. */
async function removeSingly(requests: DeleteRequests, objects: { Key: string }[]): Promise<void> {
  const left = [...objects];
  const removeNext = async (): Promise<void> => {
    for (let object = left.pop(); object; object = left.pop())
      await requests.one(object).catch((error: unknown) => {
        if (statusOf(error) !== 404) throw error;
      });
  };
  await Promise.all(Array.from({ length: SINGLE_AT_ONCE }, removeNext));
}

function failedOne(bucket: Bucket, { Code = '', Message = '', Key = '' }): StorageTrouble {
  const error = Object.assign(new Error(`${Key}: ${Message}`), { name: Code });
  return troubleOf(bucket, error);
}

function tooSlow({ name }: Bucket): StorageTrouble {
  return new StorageTrouble(`${name}: it takes too long to remove files`);
}

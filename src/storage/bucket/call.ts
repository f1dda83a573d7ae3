import { StorageTrouble } from '../storage.ts';
import type { Bucket } from './client.ts';
import { troubleOf } from './trouble.ts';

/** Does work with the client. @throws the signal's reason when it is aborted; else StorageTrouble */
export async function call<T>(bucket: Bucket, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  try {
    return await work();
  } catch (error) {
    throw signal.aborted ? endedBy(bucket, signal) : troubleOf(bucket, error);
  }
}

function endedBy({ name }: Bucket, { reason }: AbortSignal): unknown {
  const isTimeout = reason instanceof DOMException && reason.name === 'TimeoutError';
  return isTimeout ? new StorageTrouble(`${name}: it does not answer in time`, { cause: reason }) : reason;
}

/** The name of an object. */
export function objectOf({ address }: Bucket, key: string): { Bucket: string; Key: string } {
  return { Bucket: address.bucket, Key: address.prefix + key };
}

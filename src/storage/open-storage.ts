import type { StorageAddress } from './address.ts';
import { diskStorage } from './disk.ts';
import type { Storage } from './storage.ts';

/** The client of buckets is loaded only where there is one: it takes 30 MB of memory and 150 ms. */
export async function openStorage(address: StorageAddress): Promise<Storage> {
  if (address.is === 'folder') return diskStorage(address.path);
  const { bucketStorage } = await import('./bucket/bucket.ts');
  return bucketStorage(address);
}

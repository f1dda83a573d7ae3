import { GetObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { StorageKey } from '../keys.ts';
import type { SignedUrl } from '../storage.ts';
import { objectOf } from './call.ts';
import type { Bucket } from './client.ts';

const URL_LASTS_S = 3_600;

export async function signedUrl(bucket: Bucket, key: StorageKey, contentType: string): Promise<SignedUrl> {
  const lastsS = await lifetimeS(bucket);
  const command = new GetObjectCommand({
    ...objectOf(bucket, key),
    ResponseContentType: contentType,
    ResponseCacheControl: 'public, max-age=31536000, immutable',
  });
  return { url: await getSignedUrl(bucket.client, command, { expiresIn: lastsS }), lastsS };
}

/** A URL ends with the credentials that signed it: those of a role last for some hours, or minutes. */
async function lifetimeS({ client: { config } }: Bucket): Promise<number> {
  const { expiration } = await config.credentials();
  if (!expiration) return URL_LASTS_S;
  const now = Date.now() + (config.systemClockOffset ?? 0);
  const leftS = Math.floor((expiration.getTime() - now) / 1_000);
  return Math.min(URL_LASTS_S, Math.max(1, leftS));
}

import { createHash } from 'node:crypto';
import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client } from '@aws-sdk/client-s3';
import { addressName, type BucketAddress } from '../address.ts';

/** A bucket with its client. */
export type Bucket = { client: S3Client; name: string; address: BucketAddress };

const nothing = (): void => {};
// Without one, the client warns on the console of what it throws anyway.
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing };

const AGENT = { keepAlive: true, maxSockets: 64 };

export function connectBucket(address: BucketAddress): Bucket {
  const { endpoint, region, isPathStyle } = address;
  const client = new S3Client({
    region,
    forcePathStyle: isPathStyle,
    ...(endpoint !== undefined && { endpoint }),
    // The defaults send a CRC32 with every object, of streams as a trailer: stores other than AWS answer 400 or 501.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    logger: SILENT,
    retryMode: 'standard',
    maxAttempts: 3,
    requestHandler: {
      connectionTimeout: 2_000,
      requestTimeout: 10_000,
      throwOnRequestTimeout: true, // else it is only logged
      httpAgent: new HttpAgent(AGENT),
      httpsAgent: new HttpsAgent(AGENT),
    },
  });
  signKnownHash(client);
  sendMd5OfDeletes(client);
  return { client, name: addressName(address), address };
}

type Sent = { headers: Record<string, string>; body?: string | Uint8Array };

/** A signature covers the SHA-256 of the body. That of a rendition is known, and need not be computed again. */
function signKnownHash(client: S3Client): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as Sent;
      const sha256 = headers['x-amz-checksum-sha256'];
      if (sha256 !== undefined)
        headers['x-amz-content-sha256'] = Buffer.from(sha256, 'base64').toString('hex');
      return next(args);
    },
    { name: 'signKnownHash', step: 'build', priority: 'low' },
  );
}

/** The SDK always sends a CRC32 with DeleteObjects, which older stores refuse. All know Content-MD5. */
function sendMd5OfDeletes(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => (args) => {
      const { headers, body } = args.request as Sent;
      if (context.commandName === 'DeleteObjectsCommand' && body !== undefined) {
        for (const name of Object.keys(headers))
          if (/^x-amz-(checksum-|sdk-checksum-)/.test(name)) delete headers[name];
        headers['content-md5'] = createHash('md5').update(body).digest('base64');
      }
      return next(args);
    },
    { name: 'sendMd5OfDeletes', step: 'build', priority: 'low' },
  );
}

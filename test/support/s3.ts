/**
 * An S3-compatible store in memory, as strict as the strictest: it verifies signatures, dates, hashes and lengths,
 * knows conditional writes, and plays faults on demand.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BucketAddress } from '../../src/storage/address.ts';
import { type Answer, Refused, refusal } from './s3-answers.ts';
import { S3Objects } from './s3-objects.ts';
import { CREDENTIALS, verifySignature } from './s3-signature.ts';

export { CREDENTIALS };

/** What happens to a request instead of its answer, or before it. */
export type Fault =
  | { is: 'answer'; status: number; code: string; headers?: Record<string, string> }
  | { is: 'reset' }
  /** no answer at all */
  | { is: 'stall' }
  /** the head, and half of the body */
  | { is: 'stall_in_body' | 'cut' }
  | { is: 'slow'; ms: number }
  /** as when it waits in a proxy: it arrives when the promise resolves; its sender is cut off, or hears nothing */
  | { is: 'late'; until: Promise<void>; isCutOff: boolean };

/** `operation` such as `PUT`, `LIST`, `DELETE_MANY`. */
export type S3Request = { operation: string; key: string; headers: IncomingMessage['headers'] };

export type S3Options = {
  bucket?: string;
  region?: string;
  /** how far its clock is ahead */
  clockMs?: number;
  /** like stores of old: a PUT overwrites whatever the condition says */
  ignoresConditions?: boolean;
  /** without the permission to list, a missing object is 403 too */
  forbidsListing?: boolean;
  /** operations that are answered by 501 */
  lacks?: readonly string[];
  /** verifies neither signatures nor bodies: for benchmarks, where its work takes the cores of what is measured */
  isTrusting?: boolean;
  /** its own address, loopback when left out */
  host?: string;
};

export type S3 = AsyncDisposable & {
  url: string;
  address: BucketAddress;
  /** environment variables for `serve` and `worker` */
  settings: Record<string, string>;
  objects: S3Objects;
  requests: S3Request[];
  /** Asked for every request. */
  fault: (request: S3Request) => Fault | undefined;
  /** how many requests are in hand */
  open(): number;
};

export async function startS3(options: S3Options = {}): Promise<S3> {
  const { bucket = 'pictures', region = 'us-east-1', host = '127.0.0.1' } = options;
  const objects = new S3Objects({ bucket, ...options });
  const sockets = new Set<Socket>();
  let open = 0;
  const server = createServer((request, response) => {
    open += 1;
    response.once('close', () => (open -= 1));
    void handle(request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, host);
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://${host}:${(server.address() as AddressInfo).port}`;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const target = new URL(request.url ?? '/', url);
    const operation = operationOf(request.method ?? '', target);
    const key = decodeURIComponent(target.pathname.slice(bucket.length + 2));
    const seen = { operation, key, headers: request.headers };
    s3.requests.push(seen);
    const fault = s3.fault(seen);
    if (fault?.is === 'reset') return void request.socket.resetAndDestroy();
    if (fault?.is === 'stall') return;
    if (fault?.is === 'slow') await sleep(fault.ms);
    if (fault?.is === 'late') {
      if (fault.isCutOff) request.socket.resetAndDestroy();
      await fault.until;
    }
    const answer = answerTo(fault, () => {
      const now = new Date(Date.now() + (options.clockMs ?? 0));
      if (!options.isTrusting) {
        verifySignature({ request, target, body }, { region, now });
        verifyBody(request, body);
      }
      return objects.answer({ operation, key, target, headers: request.headers, body });
    });
    if (fault?.is === 'late') return void request.socket.destroy();
    await send(response, answer, { isHead: request.method === 'HEAD', fault, clockMs: options.clockMs ?? 0 });
  }

  const s3: S3 = {
    url,
    address: { is: 'bucket', bucket, prefix: 'some/place/', endpoint: url, region, isPathStyle: true },
    settings: {
      STORAGE_URL: `s3://${bucket}/some/place`,
      S3_ENDPOINT: url,
      S3_REGION: region,
      AWS_ACCESS_KEY_ID: CREDENTIALS.id,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secret,
    },
    objects,
    requests: [],
    fault: () => undefined,
    open: () => open,
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
  return s3;
}

function operationOf(method: string, { searchParams }: URL): string {
  if (searchParams.get('list-type') === '2') return 'LIST';
  return searchParams.has('delete') ? 'DELETE_MANY' : method;
}

function answerTo(fault: Fault | undefined, work: () => Answer): Answer {
  if (fault?.is === 'answer') return refusal(new Refused(fault.status, fault.code, fault.headers));
  try {
    return work();
  } catch (error) {
    if (error instanceof Refused) return refusal(error);
    throw error;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The hashes that a request tells of its body, each of which must be right. */
function verifyBody({ headers }: IncomingMessage, body: Buffer): void {
  const hash = (name: string): Buffer => createHash(name).update(body).digest();
  const told = headers['x-amz-content-sha256'];
  if (told !== undefined && told !== 'UNSIGNED-PAYLOAD' && told !== hash('sha256').toString('hex'))
    throw new Refused(400, 'XAmzContentSHA256Mismatch');
  const checksum = headers['x-amz-checksum-sha256'];
  if (checksum !== undefined && checksum !== hash('sha256').toString('base64'))
    throw new Refused(400, 'BadDigest');
  if (headers['content-md5'] !== undefined && headers['content-md5'] !== hash('md5').toString('base64'))
    throw new Refused(400, 'BadDigest');
  for (const name of Object.keys(headers))
    if (/^x-amz-(checksum-crc|trailer|sdk-checksum)/.test(name)) throw new Refused(400, 'InvalidArgument');
}

async function send(
  response: ServerResponse,
  { status, headers, body }: Answer,
  { isHead, fault, clockMs }: { isHead: boolean; fault: Fault | undefined; clockMs: number },
): Promise<void> {
  response.sendDate = false;
  const date = new Date(Date.now() + clockMs).toUTCString();
  response.writeHead(status, { 'content-length': body.length, date, 'x-amz-request-id': '1', ...headers });
  if (isHead) return void response.end();
  if (fault?.is !== 'cut' && fault?.is !== 'stall_in_body') return void response.end(body);
  await new Promise((resolve) => response.write(body.subarray(0, body.length / 2), resolve));
  if (fault.is === 'cut') response.destroy();
}

/** Lets a client in this process find the credentials of the test server. */
export function setCredentials(): void {
  process.env['AWS_ACCESS_KEY_ID'] = CREDENTIALS.id;
  process.env['AWS_SECRET_ACCESS_KEY'] = CREDENTIALS.secret;
}

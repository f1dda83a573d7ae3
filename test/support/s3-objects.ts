/** The objects of the test server of S3, and its operations. */
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type Answer, Refused, xml } from './s3-answers.ts';

type Stored = { body: Buffer; modifiedAt: Date; headers: Record<string, string> };

type Call = { operation: string; key: string; target: URL; headers: IncomingHttpHeaders; body: Buffer };

type Rules = {
  bucket: string;
  ignoresConditions?: boolean;
  forbidsListing?: boolean;
  lacks?: readonly string[];
};

const KEPT = ['content-type', 'cache-control', 'x-amz-checksum-sha256', 'x-amz-meta-sha256'];
const NOTHING = Buffer.alloc(0);

export class S3Objects {
  readonly #rules: Rules;
  readonly #objects = new Map<string, Stored>();
  /** the code of the errors in the answer to DeleteObjects, which is 200 nevertheless */
  refuseToDelete: string | undefined;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  /** all keys, in order */
  get keys(): string[] {
    return [...this.#objects.keys()].toSorted();
  }

  /** Those of files, without objects of probes. */
  get fileKeys(): string[] {
    return this.keys.filter((key) => !key.includes('/.minilab/'));
  }

  get(key: string): Stored | undefined {
    return this.#objects.get(key);
  }

  set(key: string, body: Buffer, headers: Record<string, string> = {}): void {
    this.#objects.set(key, { body, modifiedAt: new Date(), headers });
  }

  delete(key: string): void {
    this.#objects.delete(key);
  }

  answer(call: Call): Answer {
    const { bucket, lacks = [] } = this.#rules;
    if (call.target.pathname.split('/')[1] !== bucket) throw new Refused(404, 'NoSuchBucket');
    if (lacks.includes(call.operation)) throw new Refused(501, 'NotImplemented');
    switch (call.operation) {
      case 'PUT':
        return this.#put(call);
      case 'GET':
      case 'HEAD':
        return this.#read(call);
      case 'DELETE':
        this.#objects.delete(call.key);
        return { status: 204, headers: {}, body: NOTHING };
      case 'DELETE_MANY':
        return this.#deleteMany(call);
      case 'LIST':
        return this.#list(call.target.searchParams);
    }
    throw new Refused(405, 'MethodNotAllowed');
  }

  #put({ key, headers, body }: Call): Answer {
    const condition = headers['if-none-match'];
    if (condition !== undefined && condition !== '*') throw new Refused(501, 'NotImplemented');
    if (condition === '*' && !this.#rules.ignoresConditions && this.#objects.has(key))
      throw new Refused(412, 'PreconditionFailed');
    const kept = KEPT.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]]));
    this.set(key, body, Object.fromEntries(kept) as Record<string, string>);
    return { status: 200, headers: { etag: etagOf(body) }, body: NOTHING };
  }

  #read({ key, headers, target }: Call): Answer {
    const stored = this.#objects.get(key);
    if (!stored) {
      if (this.#rules.forbidsListing) throw new Refused(403, 'AccessDenied');
      throw new Refused(404, 'NoSuchKey');
    }
    const { body, modifiedAt } = stored;
    const shown = { ...stored.headers };
    if (headers['x-amz-checksum-mode'] !== 'ENABLED') delete shown['x-amz-checksum-sha256'];
    for (const [name, value] of target.searchParams)
      if (name.startsWith('response-')) shown[name.slice('response-'.length)] = value;
    const about = { ...shown, etag: etagOf(body), 'last-modified': modifiedAt.toUTCString() };
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    if (from === undefined || to === undefined) return { status: 200, headers: about, body };
    if (Number(from) >= body.length) throw new Refused(416, 'InvalidRange');
    const part = body.subarray(Number(from), Number(to) + 1);
    const range = `bytes ${from}-${Number(from) + part.length - 1}/${body.length}`;
    return { status: 206, headers: { ...about, 'content-range': range }, body: part };
  }

  #deleteMany({ headers, body }: Call): Answer {
    if (headers['content-md5'] === undefined) throw new Refused(400, 'InvalidRequest');
    const keys = [...body.toString().matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = '']) => key);
    if (keys.length > 1_000) throw new Refused(400, 'MalformedXML');
    const errors = keys.map(
      (key) => `<Error><Key>${key}</Key><Code>${this.refuseToDelete}</Code><Message>no</Message></Error>`,
    );
    if (this.refuseToDelete !== undefined) return xml(`<DeleteResult>${errors.join('')}</DeleteResult>`);
    for (const key of keys) this.#objects.delete(key);
    return xml('<DeleteResult></DeleteResult>');
  }

  #list(query: URLSearchParams): Answer {
    if (this.#rules.forbidsListing) throw new Refused(403, 'AccessDenied');
    const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
    const most = Math.min(Number(query.get('max-keys') ?? 1_000), 1_000);
    const keys = this.keys.filter((key) => key.startsWith(query.get('prefix') ?? '') && key > after);
    const page = keys.slice(0, most);
    const entries = page.map((key) => {
      const { body, modifiedAt } = this.#objects.get(key) ?? { body: NOTHING, modifiedAt: new Date() };
      return `<Contents><Key>${key}</Key><LastModified>${modifiedAt.toISOString()}</LastModified><ETag>${etagOf(body).replaceAll('"', '&quot;')}</ETag><Size>${body.length}</Size></Contents>`;
    });
    const more =
      page.length < keys.length ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : '';
    return xml(
      `<ListBucketResult><IsTruncated>${more !== ''}</IsTruncated>${more}${entries.join('')}</ListBucketResult>`,
    );
  }
}

function etagOf(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

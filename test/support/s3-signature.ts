/** Verifies AWS Signature Version 4, in the header `Authorization` or in the query. */
import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Refused } from './s3-answers.ts';

export const CREDENTIALS = { id: 'AKIDTEST', secret: 'a secret of tests' };

type Signed = { request: IncomingMessage; target: URL; body: Buffer };

/** What a signature is made of, wherever it stands. */
type Claim = { credential: string; names: string[]; signature: string; date: string; payload: string };

const SKEW_MS = 15 * 60_000;

export function verifySignature(signed: Signed, { region, now }: { region: string; now: Date }): void {
  const claim = signed.target.searchParams.has('X-Amz-Signature')
    ? ofQuery(signed, now)
    : ofHeader(signed, now);
  const [id, day = '', place, service, end] = claim.credential.split('/');
  if (id !== CREDENTIALS.id) throw new Refused(403, 'InvalidAccessKeyId');
  if (place !== region)
    throw new Refused(400, 'AuthorizationHeaderMalformed', { 'x-amz-bucket-region': region });
  if (service !== 's3' || end !== 'aws4_request' || !claim.date.startsWith(day))
    throw new Refused(400, 'AuthorizationHeaderMalformed');
  for (const name of mustBeSigned(signed.request))
    if (!claim.names.includes(name)) throw new Refused(403, 'AccessDenied');
  if (signatureOf(signed, claim) !== claim.signature) throw new Refused(403, 'SignatureDoesNotMatch');
}

function ofHeader({ request: { headers } }: Signed, now: Date): Claim {
  const {
    authorization = '',
    'x-amz-date': date = '',
    'x-amz-content-sha256': payload = '',
  } = headers as Record<string, string>;
  const [, credential = '', names = '', signature = ''] =
    /^AWS4-HMAC-SHA256 Credential=(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? [];
  if (credential === '') throw new Refused(403, 'AccessDenied');
  if (Math.abs(timeOf(date) - now.getTime()) > SKEW_MS) throw new Refused(403, 'RequestTimeTooSkewed');
  if (!/^[0-9a-f]{64}$/.test(payload)) throw new Refused(400, 'InvalidRequest');
  return { credential, names: names.split(';'), signature, date, payload };
}

function ofQuery({ target: { searchParams } }: Signed, now: Date): Claim {
  const of = (name: string): string => searchParams.get(`X-Amz-${name}`) ?? '';
  const date = of('Date');
  const lastsMs = Number(of('Expires')) * 1000;
  if (!(now.getTime() - timeOf(date) <= lastsMs && lastsMs <= 7 * 86_400_000))
    throw new Refused(403, 'AccessDenied');
  const [credential, names, signature] = [of('Credential'), of('SignedHeaders'), of('Signature')];
  return { credential, names: names.split(';'), signature, date, payload: 'UNSIGNED-PAYLOAD' };
}

/** A `20261130T074137Z`. */
function timeOf(date: string): number {
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3:$4:$5Z'));
}

function mustBeSigned({ headers }: IncomingMessage): string[] {
  return Object.keys(headers).filter((name) => name === 'host' || name.startsWith('x-amz-'));
}

function signatureOf({ request, target }: Signed, { credential, names, date, payload }: Claim): string {
  const query = [...target.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encoded(name)}=${encoded(value)}`)
    .toSorted()
    .join('&');
  const headers = names.map((name) => `${name}:${String(request.headers[name] ?? '').trim()}\n`).join('');
  const path = (request.url ?? '').split('?')[0];
  const canonical = [request.method, path, query, headers, names.join(';'), payload].join('\n');
  const [, day = '', region = '', service = ''] = credential.split('/');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const hashed = createHash('sha256').update(canonical).digest('hex');
  const text = ['AWS4-HMAC-SHA256', date, scope, hashed].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => createHmac('sha256', secret).update(part).digest(),
    `AWS4${CREDENTIALS.secret}`,
  );
  return createHmac('sha256', key).update(text).digest('hex');
}

function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

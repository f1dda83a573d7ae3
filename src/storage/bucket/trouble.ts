/** What the errors of a store mean. The first row that has an error's code or status says it. */
import { causesOf, systemCode } from '../../errors.ts';
import type { BucketAddress } from '../address.ts';
import { StorageTrouble, type TroubleKind } from '../storage.ts';
import type { Bucket } from './client.ts';

type Row = {
  kind: TroubleKind;
  codes: string[];
  /** of answers without a code that is known, as those to HEAD are */
  statuses?: number[];
  why(address: BucketAddress, region: string | undefined): string;
};

const CREDENTIALS = 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY';

const ROWS: Row[] = [
  {
    kind: 'clock',
    codes: ['RequestTimeTooSkewed', 'RequestExpired'],
    why: () => 'the clock of this machine differs from that of the store: set it, by NTP',
  },
  {
    kind: 'damaged',
    codes: ['BadDigest', 'XAmzContentSHA256Mismatch', 'IncompleteBody', 'InvalidDigest'],
    why: () => 'a file arrived damaged: the network or the disk of this machine changes bytes',
  },
  {
    kind: 'full',
    codes: ['QuotaExceeded', 'XMinioStorageFull', 'InsufficientStorage'],
    statuses: [507],
    why: () => 'the store is full',
  },
  {
    kind: 'settings',
    codes: ['NoSuchBucket'],
    why: ({ bucket }) => `there is no bucket ${bucket}: check STORAGE_URL, S3_ENDPOINT and S3_PATH_STYLE`,
  },
  {
    kind: 'settings',
    codes: [
      ...['PermanentRedirect', 'TemporaryRedirect', 'AuthorizationHeaderMalformed'],
      ...['IllegalLocationConstraintException', 'InvalidRegion'],
    ],
    statuses: [301, 307, 308],
    why: ({ region }, right) =>
      `the bucket is in another region than ${region}: set S3_REGION${right === undefined ? '' : `=${right}`}`,
  },
  {
    kind: 'settings',
    codes: ['ExpiredToken', 'InvalidToken', 'TokenRefreshRequired', 'ExpiredTokenException'],
    why: () => 'the session token of the credentials has expired: renew AWS_SESSION_TOKEN, or use a role',
  },
  {
    kind: 'settings',
    codes: ['CredentialsProviderError', 'TokenProviderError', 'ProviderError'],
    why: () => `no credentials were found: set ${CREDENTIALS}, or give this machine a role`,
  },
  {
    kind: 'settings',
    codes: ['InvalidAccessKeyId', 'SignatureDoesNotMatch'],
    why: () => `the store does not accept the credentials: check ${CREDENTIALS}`,
  },
  {
    kind: 'settings',
    codes: ['NotImplemented', 'MethodNotAllowed'],
    statuses: [405, 501],
    why: () => 'the store does not know an operation that Minilab needs',
  },
  {
    kind: 'settings',
    codes: [
      ...['CERT_HAS_EXPIRED', 'DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN'],
      ...[
        'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
        'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
        'ERR_TLS_CERT_ALTNAME_INVALID',
      ],
    ],
    why: () =>
      'its certificate is not trusted: check S3_ENDPOINT, or name its authority in NODE_EXTRA_CA_CERTS',
  },
  {
    kind: 'settings',
    codes: ['EPROTO', 'HPE_INVALID_CONSTANT'],
    why: () => 'it does not speak the protocol of S3_ENDPOINT: check http and https, and the port',
  },
  {
    kind: 'weather',
    codes: ['ENOTFOUND', 'EAI_AGAIN'],
    why: () => 'its name cannot be resolved: check S3_ENDPOINT, S3_REGION and the network',
  },
  {
    kind: 'settings',
    codes: ['AccessDenied', 'AllAccessDisabled', 'AccountProblem', 'Forbidden'],
    statuses: [401, 403],
    why: () =>
      `access is denied: check ${CREDENTIALS}, and that they allow s3:PutObject, s3:GetObject, s3:DeleteObject and s3:ListBucket`,
  },
];

/** The trouble that an error of the client is. What no row has is weather: it may be well the next time. */
export function troubleOf({ name, address }: Bucket, error: unknown): StorageTrouble {
  if (error instanceof StorageTrouble) return error;
  const codes = codesOf(error);
  const status = statusOf(error);
  const row =
    ROWS.find((each) => each.codes.some((code) => codes.includes(code))) ??
    ROWS.find((each) => status !== undefined && each.statuses?.includes(status));
  const why = row?.why(address, regionOf(error)) ?? wordsOf(error, status);
  return new StorageTrouble(`${name}: ${why}`, { kind: row?.kind ?? 'weather', cause: error });
}

/** The HTTP status that the store answered, if it did. */
export function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } } | undefined)?.$metadata?.httpStatusCode;
}

/** The code in the answer's body; `NotFound` and the like where there is none. */
export function codeOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

function codesOf(error: unknown): string[] {
  return causesOf(error).flatMap((cause) => [cause.name, systemCode(cause) ?? '']);
}

/** Where the bucket is, if the store says so. */
function regionOf(error: unknown): string | undefined {
  const { Region: region, $response: response } = error as {
    Region?: string;
    $response?: { headers?: Record<string, string> };
  };
  return region ?? response?.headers?.['x-amz-bucket-region'];
}

function wordsOf(error: unknown, status: number | undefined): string {
  const { name, message } = error as Error;
  const words = [...new Set([systemCode(error) ?? name, message])].join(': ');
  return status === undefined ? `it cannot be reached (${words})` : `it answers ${status} (${words})`;
}

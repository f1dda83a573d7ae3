/** Where files are stored: STORAGE_URL and the settings of buckets. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StorageAddress } from '../storage/address.ts';
import { parseBaseUrl } from './parsers.ts';
import type { SettingsReader } from './settings-reader.ts';

const BUCKET = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;
const PREFIX = /^(?:[\w.-]+\/)*$/;

const CREDENTIALS_ELSEWHERE =
  'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead, or give this machine a role';

/**
 * The storage, and whether `/files` redirects to it.
 * @param isWhole false as long as STORAGE_URL may still come from the shared settings
 */
export function readStorage(
  read: SettingsReader,
  dataDir: string,
  isWhole: boolean,
): { storage: StorageAddress; redirectsFiles: boolean } {
  const fallback: Place = { is: 'folder', path: resolve(dataDir, 'files') };
  const expected =
    'a URL such as file:///srv/minilab or s3://bucket/prefix, with a prefix of letters, digits and _ . - /';
  const place = read.refusesUserInfo('STORAGE_URL', CREDENTIALS_ELSEWHERE)
    ? fallback
    : read.parsed('STORAGE_URL', fallback, expected, parseStorageUrl);
  const endpoint = read.refusesUserInfo('S3_ENDPOINT', CREDENTIALS_ELSEWHERE)
    ? undefined
    : read.parsed<string | undefined>(
        'S3_ENDPOINT',
        undefined,
        'a URL that begins with http:// or https://, without a query',
        parseBaseUrl,
      );
  const region = read.parsed(
    'S3_REGION',
    read.text('AWS_REGION', 'us-east-1'),
    'the name of a region, such as eu-central-1',
    (text) => (/^[a-z0-9-]{2,40}$/i.test(text) ? text : undefined),
  );
  const isPathStyle = read.flag('S3_PATH_STYLE', endpoint !== undefined);
  const redirectsFiles = read.flag('FILES_REDIRECT', false);
  if (place.is === 'folder') {
    if (redirectsFiles && isWhole)
      read.reject('FILES_REDIRECT', 'is true, and needs a bucket: set STORAGE_URL=s3://bucket, or remove it');
    return { storage: place, redirectsFiles: false };
  }
  return { storage: { ...place, endpoint, region, isPathStyle }, redirectsFiles };
}

type Place = { is: 'folder'; path: string } | { is: 'bucket'; bucket: string; prefix: string };

function parseStorageUrl(text: string): Place | undefined {
  const url = URL.parse(text);
  if (!url || url.search !== '' || url.hash !== '') return undefined;
  if (url.protocol === 'file:') {
    const folder = url.host === '' ? pathOf(url) : undefined;
    return folder === undefined ? undefined : { is: 'folder', path: folder };
  }
  const path = url.pathname.replace(/^\/|\/$/g, '');
  const prefix = path === '' ? '' : `${path}/`;
  const isBucket = url.protocol === 's3:' && BUCKET.test(url.host) && PREFIX.test(prefix);
  return isBucket ? { is: 'bucket', bucket: url.host, prefix } : undefined;
}

/** @returns undefined for a path that no file can have */
function pathOf(url: URL): string | undefined {
  try {
    const path = fileURLToPath(url);
    return path.includes('\0') ? undefined : path;
  } catch {
    return undefined; // a slash that is percent-encoded
  }
}

/** Where files are stored: STORAGE_URL and the settings of buckets. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StorageAddress } from '../storage/address.ts';
import { parseWebUrl } from './parsers.ts';
import type { SettingsReader } from './settings-reader.ts';

const BUCKET = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/;
const PREFIX = /^(?:[\w.-]+\/)*$/;

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
  const place = hasUserInfo(read, 'STORAGE_URL')
    ? fallback
    : read.parsed('STORAGE_URL', fallback, expected, parseStorageUrl);
  const endpoint = hasUserInfo(read, 'S3_ENDPOINT')
    ? undefined
    : read.parsed<string | undefined>(
        'S3_ENDPOINT',
        undefined,
        'a URL that begins with http:// or https://, without a query',
        parseEndpoint,
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
  if (url.protocol === 'file:')
    return url.host === '' ? { is: 'folder', path: fileURLToPath(url) } : undefined;
  const path = url.pathname.replace(/^\/|\/$/g, '');
  const prefix = path === '' ? '' : `${path}/`;
  const isBucket = url.protocol === 's3:' && BUCKET.test(url.host) && PREFIX.test(prefix);
  return isBucket ? { is: 'bucket', bucket: url.host, prefix } : undefined;
}

function parseEndpoint(text: string): string | undefined {
  const { search = '', hash = '' } = URL.parse(text) ?? {};
  return search === '' && hash === '' ? parseWebUrl(text) : undefined;
}

/** Refuses credentials in a URL, without repeating them: errors end up in logs. */
function hasUserInfo(read: SettingsReader, name: string): boolean {
  const { username, password } = URL.parse(read.text(name, '')) ?? { username: '', password: '' };
  if (username === '' && password === '') return false;
  read.reject(
    name,
    'contains a user name or a password, and must not: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead, or give this machine a role',
  );
  return true;
}

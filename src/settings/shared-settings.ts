/**
 * Settings that all processes of one database share: a process that says nothing takes the shared value, and one that
 * says something else does not start. Of secrets, only fingerprints are shared.
 */
import { createHmac } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { isLoopbackHost } from '../http/local-only.ts';
import { addressName, type StorageAddress } from '../storage/address.ts';
import type { Environment } from './settings-reader.ts';

const SECRET_NAMES = ['WEBHOOK_SECRET', 'SECRETS_KEY'] as const;

export const SHARED_NAMES = [
  'PUBLIC_URL',
  'FILES_URL',
  'STORAGE_URL',
  'S3_ENDPOINT',
  'S3_REGION',
  'S3_PATH_STYLE',
  'HOST_CONCURRENCY',
  'WEBHOOK_URL',
  ...SECRET_NAMES,
] as const;

export type SharedName = (typeof SHARED_NAMES)[number];
type SecretName = (typeof SECRET_NAMES)[number];

/** In one spelling, so that they can be compared; of secrets, fingerprints. */
export type SharedValues = Partial<Record<SharedName, string>>;

export function isSharedName(name: string): name is SharedName {
  return SHARED_NAMES.some((one) => one === name);
}

export function isSecretName(name: SharedName): name is SecretName {
  return SECRET_NAMES.some((one) => one === name);
}

/** What live processes do with a change at once; all others need a restart. */
const AT_ONCE: ReadonlyMap<SharedName, string> = new Map([
  ['HOST_CONCURRENCY', 'used from now on'],
  ['WEBHOOK_URL', 'used from now on'],
  ['PUBLIC_URL', 'told by events from now on: restart to use it for links, too'],
]);

export function effectOf(name: SharedName): string {
  return AT_ONCE.get(name) ?? 'restart to use it';
}

/** Names a secret without giving it away: both secrets are of at least 24 random bytes. */
export function fingerprintOf(name: SecretName, secret: string | Buffer): string {
  return createHmac('sha256', secret).update(`minilab ${name}`).digest('hex').slice(0, 16);
}

/** As STORAGE_URL and the settings of buckets name it. */
export function storageValues(address: StorageAddress): SharedValues {
  if (address.is === 'folder') return { STORAGE_URL: pathToFileURL(address.path).href };
  return {
    STORAGE_URL: addressName({ ...address, endpoint: undefined }),
    ...(address.endpoint !== undefined && { S3_ENDPOINT: address.endpoint }),
    S3_REGION: address.region,
    S3_PATH_STYLE: String(address.isPathStyle),
  };
}

/**
 * Those of `values` that an environment has: defaults are not said.
 * @param own without the shared settings that `environment` may have. AWS_REGION says S3_REGION only beside
 *   STORAGE_URL, because it stands in the environment of every process at AWS
 */
export function saidIn(environment: Environment, own: Environment, values: SharedValues): SharedValues {
  const saysRegion = own['STORAGE_URL']?.trim() && own['AWS_REGION']?.trim();
  const isSaid = (name: string): boolean =>
    Boolean(environment[name]?.trim() || (name === 'S3_REGION' && saysRegion));
  return Object.fromEntries(Object.entries(values).filter(([name]) => isSaid(name)));
}

/** An environment that adds shared settings to another one: under what it says, or over it. */
export function withShared(
  environment: Environment,
  { under = {}, over = {} }: { under?: SharedValues; over?: SharedValues },
): Environment {
  const said = Object.entries(environment).filter(([, text]) => text?.trim());
  const usable = (values: SharedValues): Environment => usableIn(environment, values);
  return { ...usable(under), ...Object.fromEntries(said), ...usable(over) };
}

/** Fingerprints are no settings, and WEBHOOK_URL is of no use without its secret. */
function usableIn(environment: Environment, values: SharedValues): Environment {
  const { WEBHOOK_SECRET: _webhook, SECRETS_KEY: _key, WEBHOOK_URL, ...rest } = values;
  const canSign = WEBHOOK_URL !== undefined && environment['WEBHOOK_SECRET']?.trim();
  return canSign ? { ...rest, WEBHOOK_URL } : rest;
}

/** Whether a URL is of this machine only, so that it means something else on each machine. */
export function isOfOneMachine(name: SharedName, value: string): boolean {
  return (name === 'PUBLIC_URL' || name === 'FILES_URL') && isLoopbackHost(new URL(value).host);
}

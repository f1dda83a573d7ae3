import { availableParallelism, hostname } from 'node:os';
import { BlockList, isIP } from 'node:net';
import { resolve } from 'node:path';
import {
  parseApiKey,
  parseBoundedSchedule,
  parseDatabaseUrl,
  parseInboxSecrets,
  parseKey,
  parseMachineName,
  parseNetworks,
  parsePorts,
  parseProxies,
} from './settings/parsers.ts';
import { type Environment, SettingsReader } from './settings/settings-reader.ts';
import { readStorage } from './settings/storage-settings.ts';
import {
  fingerprintOf,
  saidIn,
  type SharedValues,
  storageValues,
  withShared,
} from './settings/shared-settings.ts';
import { unknownSettings } from './settings/unknown-settings.ts';
import { newApiKey } from './access/api-key.ts';
import type { StorageAddress } from './storage/address.ts';
import { DEFAULT_SCHEDULE, type Schedule } from './webhooks/schedule.ts';
import { isSecret, newSecret } from './webhooks/signing.ts';

/** The settings. docs/settings.md describes each. Sizes are in bytes, times in milliseconds. */
export type Config = {
  /** undefined: the bundled server, in `dataDir` */
  databaseUrl: string | undefined;
  /** whether this process may migrate the database of `databaseUrl` */
  migrates: boolean;
  dataDir: string;
  /** what this machine is called in logs and lists */
  machineName: string;
  host: string;
  port: number;
  /** whether requests may come from other machines: then there must be an API key */
  isExposed: boolean;
  /** how long `serve` goes on, not ready any more, after it is told to end */
  drainDelayMs: number;
  /** networks of the proxies whose X-Forwarded-… headers count */
  trustProxy: string[] | undefined;
  /** an API key of scope `admin` for the tenant `default` */
  apiKey: string | undefined;
  publicUrl: string;
  /** a storage key is appended to it; without a slash at its end */
  filesUrl: string;
  storage: StorageAddress;
  /** whether `/files` redirects to the bucket, and sends nothing itself */
  redirectsFiles: boolean;
  workerCores: number;
  downloadConcurrency: number;
  hostConcurrency: number;
  maxSourceBytes: number;
  maxUploadBytes: number;
  allowedPrivateNetworks: BlockList;
  allowedPorts: ReadonlySet<number>;
  logLevel: string;
  /** the endpoint of every batch that has no callback_url */
  webhook: { url: string; secret: string } | undefined;
  webhookSchedule: Schedule;
  webhookTimeoutMs: number;
  /** for how many days events, deliveries and received messages are kept */
  webhookLogDays: number;
  /** secrets by the names of their sources */
  inboxSecrets: ReadonlyMap<string, string>;
  /** of each API key, for tenants without a limit of their own; 0: no limit */
  requestsPerSecond: number;
  auditDays: number;
  /** the path of a CSV that the page offers to try */
  exampleCsv: string | undefined;
  /** encrypts secret request headers; undefined: the key is a file in `dataDir`, with the bundled server */
  secretsKey: Buffer | undefined;
  /** a sentence for each variable that looks like a setting but is none */
  unknownSettings: readonly string[];
  /** what this process says of the settings that all processes of a database share */
  said: SharedValues;
  /** The settings of this process with shared ones: under what it says itself, or over it. */
  withShared(values: { under?: SharedValues; over?: SharedValues }): Config;
};

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const WEB_PORTS = [80, 443, 8080, 8443];

/**
 * Reads all settings from the environment.
 * @throws Problem `bad_settings`, which names every setting that is wrong
 */
export function readConfig(env: Environment = process.env): Config {
  return configOf(env, { isWhole: (env['DATABASE_URL']?.trim() ?? '') === '', own: env });
}

/**
 * @param isWhole whether `env` is all, and no shared settings can follow that this process does not know yet
 * @param own without shared settings
 */
function configOf(env: Environment, { isWhole, own }: { isWhole: boolean; own: Environment }): Config {
  const read = new SettingsReader(env);
  const dataDir = resolve(read.text('DATA_DIR', './data'));
  const host = read.text('HOST', '127.0.0.1');
  const port = read.integer('PORT', 3000, { min: 1, max: 65_535 });
  const publicUrl = read.baseUrl('PUBLIC_URL', `http://${shownHost(host)}:${port}`);
  const trustProxy = read.parsed<string[] | undefined>(
    'TRUST_PROXY',
    undefined,
    'the addresses or networks of the proxies in front of Minilab, such as 127.0.0.1,10.1.0.0/16',
    parseProxies,
  );
  const webhookSecret = read.text('WEBHOOK_SECRET', '');
  const workerCores = read.integer('WORKER_CORES', availableParallelism(), { min: 1, max: 256 });
  const config: Config = {
    databaseUrl: read.parsed<string | undefined>(
      'DATABASE_URL',
      undefined,
      'a URL such as postgres://user:password@host/database, with special characters percent-encoded (# is %23)',
      parseDatabaseUrl,
    ),
    migrates: read.flag('MIGRATE', true),
    dataDir,
    machineName: read.parsed('MACHINE_NAME', hostname(), 'up to 100 printable characters', parseMachineName),
    host,
    port,
    isExposed: !isLoopback(host) || trustProxy !== undefined,
    drainDelayMs: read.duration('DRAIN_DELAY', 0, { min: '0s', max: '5m' }),
    trustProxy,
    apiKey: read.parsed<string | undefined>(
      'MINILAB_KEY',
      undefined,
      `an API key; a new one: ${newApiKey()}`,
      parseApiKey,
    ),
    publicUrl,
    filesUrl: read.baseUrl('FILES_URL', `${publicUrl}/files`),
    ...readStorage(read, dataDir, isWhole),
    workerCores,
    downloadConcurrency: read.integer('DOWNLOAD_CONCURRENCY', 16, { min: 1, max: 1024 }),
    hostConcurrency: read.integer('HOST_CONCURRENCY', 32, { min: 1, max: 1024 }),
    maxSourceBytes: read.bytes('MAX_SOURCE_BYTES', 30 * 2 ** 20, { min: '1KiB', max: '1GiB' }),
    maxUploadBytes: read.bytes('MAX_UPLOAD_BYTES', 2 ** 30, { min: '1KiB', max: '64GiB' }),
    allowedPrivateNetworks: read.parsed(
      'ALLOWED_PRIVATE_NETWORKS',
      new BlockList(),
      'networks separated by commas, such as 10.1.0.0/16,fd00::/8',
      parseNetworks,
    ),
    allowedPorts: new Set([
      ...WEB_PORTS,
      ...read.parsed<number[]>(
        'ALLOWED_PORTS',
        [],
        'ports from 1 to 65535 separated by commas, such as 8000,9000',
        parsePorts,
      ),
    ]),
    logLevel: read.oneOf('LOG_LEVEL', 'info', LOG_LEVELS),
    webhook: webhookOf(read, webhookSecret),
    webhookSchedule: read.parsed(
      'WEBHOOK_SCHEDULE',
      DEFAULT_SCHEDULE,
      'up to 50 delays such as 0,5s,5m,2h, each at most 30 days (720h)',
      parseBoundedSchedule,
    ),
    // Shorter than the lease of a delivery task (queue/tasks.ts): another worker would repeat the attempt.
    webhookTimeoutMs: read.duration('WEBHOOK_TIMEOUT', 15_000, { min: '100ms', max: '100s' }),
    webhookLogDays: read.integer('WEBHOOK_LOG_DAYS', 30, { min: 1, max: 3650 }),
    inboxSecrets: read.parsed(
      'INBOX_SECRETS',
      new Map(),
      'pairs such as shop=whsec_…,erp=whsec_…',
      parseInboxSecrets,
    ),
    requestsPerSecond: read.integer('REQUESTS_PER_SECOND', 200, { min: 0, max: 1_000_000 }),
    auditDays: read.integer('AUDIT_DAYS', 365, { min: 30, max: 36_500 }), // 30: see keep_audit_log() of migration 0012
    exampleCsv: read.parsed('EXAMPLE_CSV', undefined, 'the path of a file', resolve),
    secretsKey: read.parsed<Buffer | undefined>(
      'SECRETS_KEY',
      undefined,
      '32 bytes in base64, as openssl rand -base64 32 prints them',
      parseKey,
    ),
    unknownSettings: unknownSettings(env, read.names),
    said: {},
    withShared: (values) => configOf(withShared(env, values), { isWhole: true, own }),
  };
  config.said = saidIn(env, own, { ...sharedValuesOf(config), ...secretOf(webhookSecret) });
  read.finish();
  return config;
}

/** Every delivery is signed: a WEBHOOK_URL needs a WEBHOOK_SECRET. */
function webhookOf(read: SettingsReader, secret: string): Config['webhook'] {
  const url = read.webUrl('WEBHOOK_URL', '');
  if (url === '') return undefined;
  if (!isSecret(secret))
    read.reject(
      'WEBHOOK_SECRET',
      `must be whsec_ and 24 to 64 bytes in base64, because WEBHOOK_URL is set; a new secret: ${newSecret()}`,
    );
  return { url, secret };
}

/** What all processes of a database share, as it is here; without WEBHOOK_SECRET. */
function sharedValuesOf(config: Config): SharedValues {
  const { publicUrl, filesUrl, storage, hostConcurrency, webhook, secretsKey } = config;
  return {
    PUBLIC_URL: publicUrl,
    FILES_URL: filesUrl,
    ...storageValues(storage),
    HOST_CONCURRENCY: String(hostConcurrency),
    ...(webhook && { WEBHOOK_URL: webhook.url }),
    ...(secretsKey && { SECRETS_KEY: fingerprintOf('SECRETS_KEY', secretsKey) }),
  };
}

function secretOf(webhookSecret: string): SharedValues {
  return isSecret(webhookSecret) ? { WEBHOOK_SECRET: fingerprintOf('WEBHOOK_SECRET', webhookSecret) } : {};
}

/** For links: all addresses are no address. */
function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return isIP(host) === 6 ? `[${host}]` : host;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

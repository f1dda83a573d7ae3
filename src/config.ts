import { availableParallelism } from 'node:os';
import { BlockList, isIP } from 'node:net';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Problem } from './errors.ts';
import { unknownSettings } from './unknown-settings.ts';
import { DEFAULT_SCHEDULE, parseDuration, parseSchedule, type Schedule } from './webhooks/schedule.ts';
import { isSecret, newSecret } from './webhooks/signing.ts';

/** The settings, read from the environment once, at the door. docs/settings.md describes each. */
export type Config = {
  /** undefined: the embedded server in `dataDir` */
  databaseUrl: string | undefined;
  dataDir: string;
  host: string;
  port: number;
  publicUrl: string;
  /** what stored keys are appended to, without a slash at its end */
  filesUrl: string;
  storageDir: string;
  workerCores: number;
  downloadConcurrency: number;
  hostConcurrency: number;
  maxSourceBytes: number;
  maxUploadBytes: number;
  allowedPrivateNetworks: BlockList;
  allowedPorts: ReadonlySet<number>;
  logLevel: string;
  /** who is to hear of every batch that has no callback_url */
  webhook: { url: string; secret: string } | undefined;
  webhookSchedule: Schedule;
  webhookTimeoutMs: number;
  /** secret by the name of a source */
  inboxSecrets: ReadonlyMap<string, string>;
  /** under which secret request headers are kept; undefined: a file in `dataDir`, with the embedded server */
  secretsKey: Buffer | undefined;
  /** a sentence for each variable that looks like a setting and is none */
  unknownSettings: readonly string[];
};

type Environment = Record<string, string | undefined>;

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'];
const WEB_PORTS = [80, 443, 8080, 8443];

/**
 * Reads every setting and reports all that are wrong together, by name.
 * @throws Problem `bad_settings`
 */
export function readConfig(env: Environment = process.env): Config {
  const read = settingsOf(env);
  const dataDir = resolve(read.text('DATA_DIR', './data'));
  const host = read.text('HOST', '127.0.0.1');
  const port = read.integer('PORT', 3000, { min: 1, max: 65_535 });
  const publicUrl = read.webUrl('PUBLIC_URL', `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`);
  const workerCores = read.integer('WORKER_CORES', availableParallelism(), { min: 1, max: 256 });
  const config: Config = {
    databaseUrl: read.databaseUrl('DATABASE_URL'),
    dataDir,
    host,
    port,
    publicUrl,
    filesUrl: read.webUrl('FILES_URL', `${publicUrl}/files`),
    storageDir: read.fileUrl('STORAGE_URL', resolve(dataDir, 'files')),
    workerCores,
    downloadConcurrency: read.integer('DOWNLOAD_CONCURRENCY', 16, { min: 1, max: 1024 }),
    hostConcurrency: read.integer('HOST_CONCURRENCY', 32, { min: 1, max: 1024 }),
    maxSourceBytes: read.bytes('MAX_SOURCE_BYTES', 30 * 2 ** 20, { min: '1KiB', max: '1GiB' }),
    maxUploadBytes: read.bytes('MAX_UPLOAD_BYTES', 2 ** 30, { min: '1KiB', max: '64GiB' }),
    allowedPrivateNetworks: read.networks('ALLOWED_PRIVATE_NETWORKS'),
    allowedPorts: new Set([...WEB_PORTS, ...read.ports('ALLOWED_PORTS')]),
    logLevel: read.oneOf('LOG_LEVEL', 'info', LOG_LEVELS),
    webhook: webhookOf(read),
    webhookSchedule: read.parsed(
      'WEBHOOK_SCHEDULE',
      DEFAULT_SCHEDULE,
      'up to 50 waits such as 0,5s,5m,2h, each of 30 days (720h) at the most',
      parseBoundedSchedule,
    ),
    // Less than a task may take (queue/tasks.ts), or another worker would make the attempt again meanwhile.
    webhookTimeoutMs: read.duration('WEBHOOK_TIMEOUT', 15_000, { min: '100ms', max: '100s' }),
    inboxSecrets: read.parsed(
      'INBOX_SECRETS',
      new Map(),
      'pairs such as shop=whsec_…,erp=whsec_…',
      parseInboxSecrets,
    ),
    secretsKey: read.parsed<Buffer | undefined>(
      'SECRETS_KEY',
      undefined,
      '32 bytes in base64, such as openssl rand -base64 32 prints',
      parseKey,
    ),
    unknownSettings: unknownSettings(env, read.names()),
  };
  if (!isLoopback(host))
    read.wrong(
      'HOST',
      `is ${host}, which others can reach, and without API keys anyone there could use Minilab. ` +
        'This version has no keys yet: leave HOST out to listen on 127.0.0.1, and put a proxy that asks for a password in front',
    );
  read.finish();
  return config;
}

type Settings = ReturnType<typeof settingsOf>;

/** Nothing is sent unsigned: an URL needs its secret. */
function webhookOf(read: Settings): Config['webhook'] {
  const url = read.webUrl('WEBHOOK_URL', '');
  const secret = read.text('WEBHOOK_SECRET', '');
  if (url === '') return undefined;
  if (!isSecret(secret))
    read.wrong(
      'WEBHOOK_SECRET',
      `must be whsec_ and 24 to 64 bytes in base64, because WEBHOOK_URL is set; a new one: ${newSecret()}`,
    );
  return { url, secret };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function settingsOf(env: Environment) {
  const flaws: string[] = [];
  const names = new Set<string>();
  const value = (name: string): string | undefined => {
    names.add(name);
    return env[name]?.trim() || undefined;
  };
  const wrong = (name: string, why: string): void => void flaws.push(`${name} ${why}.`);

  /** Parses a setting that is there; a parser that finds nothing sensible returns undefined. */
  function parsed<T>(name: string, fallback: T, expects: string, parse: (text: string) => T | undefined): T {
    const text = value(name);
    if (text === undefined) return fallback;
    const result = parse(text);
    if (result !== undefined) return result;
    const shown = /SECRET|DATABASE/.test(name) ? 'not valid' : `"${text}"`; // errors end up in logs
    wrong(name, `is ${shown}, and must be ${expects}`);
    return fallback;
  }

  return {
    wrong,
    parsed,
    /** those that were asked for so far */
    names: () => [...names],
    text: (name: string, fallback: string) => value(name) ?? fallback,
    integer: (name: string, fallback: number, { min, max }: { min: number; max: number }) =>
      parsed(name, fallback, `a whole number from ${min} to ${max}`, (text) => {
        const number = Number(text);
        return /^\d+$/.test(text) && number >= min && number <= max ? number : undefined;
      }),
    bytes: (name: string, fallback: number, bounds: Bounds) =>
      parsed(
        name,
        fallback,
        `a number of bytes from ${bounds.min} to ${bounds.max}, such as 30000000, 30MB or 30MiB`,
        within(bounds, parseBytes),
      ),
    duration: (name: string, fallback: number, bounds: Bounds) =>
      parsed(
        name,
        fallback,
        `a duration from ${bounds.min} to ${bounds.max}, such as 15s`,
        within(bounds, parseDuration),
      ),
    oneOf: (name: string, fallback: string, allowed: readonly string[]) =>
      parsed(name, fallback, `one of ${allowed.join(', ')}`, (text) =>
        allowed.includes(text) ? text : undefined,
      ),
    webUrl: (name: string, fallback: string) =>
      parsed(name, fallback, 'an address that begins with http:// or https://', (text) =>
        /^https?:$/.test(URL.parse(text)?.protocol ?? '') ? text.replace(/\/+$/, '') : undefined,
      ),
    databaseUrl: (name: string) =>
      parsed<string | undefined>(
        name,
        undefined,
        'an address such as postgres://user:password@host/database, with other signs than letters and digits percent-encoded (# is %23)',
        (text) => (DATABASE_URL.test(text) && URL.canParse(text) ? text : undefined),
      ),
    fileUrl: (name: string, fallback: string) =>
      parsed(name, fallback, 'an address such as file:///srv/minilab', (text) => {
        const url = URL.parse(text);
        return url?.protocol === 'file:' && url.host === '' ? fileURLToPath(url) : undefined;
      }),
    networks: (name: string) =>
      parsed(
        name,
        new BlockList(),
        'networks separated by commas, such as 10.1.0.0/16,fd00::/8',
        parseNetworks,
      ),
    ports: (name: string) =>
      parsed<number[]>(name, [], 'ports from 1 to 65535 separated by commas, such as 8000,9000', (text) => {
        const ports = text.split(',').map((port) => (/^\s*\d+\s*$/.test(port) ? Number(port) : 0));
        return ports.every((port) => port > 0 && port < 65_536) ? ports : undefined;
      }),
    finish(): void {
      if (flaws.length > 0) throw new Problem('bad_settings', { detail: flaws.join('\n') });
    },
  };
}

const DATABASE_URL = /^postgres(ql)?:\/\/(?:[^%#\s]|%[\da-f]{2})*$/i;

/** As they are written in a setting. */
type Bounds = { min: string; max: string };
type Parser = (text: string) => number | undefined;

const LONGEST_WAIT_MS = 30 * 24 * 3_600_000;

function parseBoundedSchedule(text: string): Schedule | undefined {
  const waits = parseSchedule(text);
  return waits?.every((wait) => wait <= LONGEST_WAIT_MS) ? waits : undefined;
}

function within({ min, max }: Bounds, parse: Parser): Parser {
  const [least = 0, most = 0] = [parse(min), parse(max)];
  return (text) => {
    const number = parse(text);
    return number !== undefined && number >= least && number <= most ? number : undefined;
  };
}

const UNITS: Record<string, number> = {
  '': 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
};

function parseBytes(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+)\s*([KMG]i?B)?$/i.exec(text) ?? [];
  const factor = UNITS[unit.toUpperCase()];
  return number && factor ? Number(number) * factor : undefined;
}

function parseNetworks(text: string): BlockList | undefined {
  const list = new BlockList();
  for (const entry of text.split(',')) {
    const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry.trim()) ?? [];
    const family = isIP(address);
    const most = family === 4 ? 32 : 128;
    if (family === 0 || Number(bits ?? most) > most) return undefined;
    list.addSubnet(address, Number(bits ?? most), family === 4 ? 'ipv4' : 'ipv6');
  }
  return list;
}

function parseInboxSecrets(text: string): Map<string, string> | undefined {
  const secrets = new Map<string, string>();
  for (const pair of text.split(',')) {
    const [, name, secret] = /^\s*([a-z0-9][a-z0-9_-]{0,63})=(\S+)\s*$/i.exec(pair) ?? [];
    if (!name || !secret || !isSecret(secret)) return undefined;
    secrets.set(name, secret);
  }
  return secrets;
}

function parseKey(text: string): Buffer | undefined {
  const key = Buffer.from(text, 'base64');
  return /^[A-Za-z0-9+/]{43}=$/.test(text) && key.length === 32 ? key : undefined;
}

/** Parsers of single settings: each returns undefined for a text that is not valid. */
import { BlockList, isIP } from 'node:net';
import { whyNoApiKey } from '../access/api-key.ts';
import { DAY_MS } from '../units.ts';
import { parseSchedule, type Schedule } from '../webhooks/schedule.ts';
import { isSecret } from '../webhooks/signing.ts';

/** The least and the most allowed value, as a user would write them. */
export type Bounds = { min: string; max: string };

type NumberParser = (text: string) => number | undefined;

export function within({ min, max }: Bounds, parse: NumberParser): NumberParser {
  const least = parse(min) ?? 0;
  const most = parse(max) ?? 0;
  return (text) => {
    const number = parse(text);
    return number !== undefined && number >= least && number <= most ? number : undefined;
  };
}

export function parseInteger(text: string): number | undefined {
  return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** @returns the URL without slashes at its end */
export function parseWebUrl(text: string): string | undefined {
  return /^https?:\/\//i.test(text) && URL.canParse(text) ? text.replace(/\/+$/, '') : undefined;
}

/** Paths are appended to it. @returns the URL without slashes at its end */
export function parseBaseUrl(text: string): string | undefined {
  return /[?#]/.test(text) ? undefined : parseWebUrl(text);
}

const DATABASE_URL = /^postgres(ql)?:\/\/(?:[^%#\s]|%[\da-f]{2})*$/i;

export function parseDatabaseUrl(text: string): string | undefined {
  return DATABASE_URL.test(text) && URL.canParse(text) ? text : undefined;
}

export function parsePorts(text: string): number[] | undefined {
  const ports = text.split(',').map((port) => (/^\s*\d+\s*$/.test(port) ? Number(port) : 0));
  return ports.every((port) => port > 0 && port < 65_536) ? ports : undefined;
}

/** Parses addresses and networks in CIDR notation, separated by commas. */
export function parseNetworks(text: string): BlockList | undefined {
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

const LONGEST_DELAY_MS = 30 * DAY_MS;

export function parseBoundedSchedule(text: string): Schedule | undefined {
  const delays = parseSchedule(text);
  return delays?.every((delay) => delay <= LONGEST_DELAY_MS) ? delays : undefined;
}

/** Parses `shop=whsec_…,erp=whsec_…`. @returns secrets by the names of their sources */
export function parseInboxSecrets(text: string): Map<string, string> | undefined {
  const secrets = new Map<string, string>();
  for (const pair of text.split(',')) {
    const [, name, secret] = /^\s*([a-z0-9][a-z0-9_-]{0,63})=(\S+)\s*$/i.exec(pair) ?? [];
    if (!name || !secret || !isSecret(secret)) return undefined;
    secrets.set(name, secret);
  }
  return secrets;
}

/** Parses a key of 32 bytes in base64. */
export function parseKey(text: string): Buffer | undefined {
  const key = Buffer.from(text, 'base64');
  return /^[A-Za-z0-9+/]{43}=$/.test(text) && key.length === 32 ? key : undefined;
}

export function parseApiKey(text: string): string | undefined {
  return whyNoApiKey(text) === undefined ? text : undefined;
}

/** Addresses and networks only: a number of proxies would trust whoever connects. */
export function parseProxies(text: string): string[] | undefined {
  return parseNetworks(text) && text.split(',').map((network) => network.trim());
}

/** Shown in logs and lists, so it has no control characters. */
export function parseMachineName(text: string): string | undefined {
  return /^[\P{C}]{1,100}$/u.test(text) && text.trim() === text ? text : undefined;
}

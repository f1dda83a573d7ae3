/**
 * The classifier against IANA's registries of special-purpose addresses, which lie beside this file in full:
 * iana.org/assignments/iana-ipv4-special-registry/iana-ipv4-special-registry-1.csv and the same for ipv6,
 * both last updated 2025-10-09, as they were on 2026-07-18. The expectation is computed in another way
 * than the classifier's: by comparing whole numbers.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import { isPublicAddress } from '../../src/net/addresses.ts';
import { random } from '../support/random.ts';

type Family = 4 | 6;
type Judgement = 'public' | 'refused' | 'as the IPv4 address in its last 32 bits';
type Range = { text: string; family: Family; first: bigint; last: bigint; judgement: Judgement };

const BITS = { 4: 32n, 6: 128n } as const;

/** Where we differ from the column "Globally Reachable" on purpose, or the registries say nothing. */
const OURS: readonly (readonly [range: string, judgement: Judgement, why: string])[] = [
  ['0.0.0.0/0', 'public', 'what is not special'],
  ['224.0.0.0/4', 'refused', 'multicast has a registry of its own'],
  ['168.63.129.16/32', 'refused', "Azure's metadata and DNS, in public space"],
  ['192.0.0.9/32', 'refused', 'reachable, but an anycast service for routers: nobody keeps images there'],
  ['192.0.0.10/32', 'refused', 'the same'],
  ['::/0', 'refused', 'not allocated, or special: only 2000::/3 is global unicast'],
  ['2000::/3', 'public', 'global unicast'],
  ['::ffff:0:0/96', 'as the IPv4 address in its last 32 bits', 'the system connects to that address'],
  ['64:ff9b::/96', 'as the IPv4 address in its last 32 bits', 'NAT64 leads to that address'],
  ['64:ff9b:1::/96', 'as the IPv4 address in its last 32 bits', 'NAT64 inside a network (RFC 8215)'],
  ['2001:1::1/128', 'refused', 'reachable, but an anycast service, or no place for servers'],
  ['2001:1::2/128', 'refused', 'the same'],
  ['2001:1::3/128', 'refused', 'the same'],
  ['2001:3::/32', 'refused', 'the same'],
  ['2001:4:112::/48', 'refused', 'the same'],
  ['2001:20::/28', 'refused', 'ORCHIDv2: names of hosts, and no addresses'],
  ['2001:30::/28', 'refused', 'the same, of drones'],
];

const REGISTERED = [...registry('ipv4'), ...registry('ipv6')];
const RANGES = [
  ...OURS.map(([text, judgement]) => rangeOf(text, judgement)),
  ...REGISTERED.filter(({ text }) => !OURS.some(([ours]) => ours === text)),
].toSorted((a, b) => (a.last - a.first < b.last - b.first ? -1 : 1)); // the narrowest first

function registry(name: 'ipv4' | 'ipv6'): Range[] {
  const csv = readFileSync(join(import.meta.dirname, `iana-${name}-special-registry.csv`));
  const rows = parse(csv, { columns: true }) as Record<string, string>[];
  return rows.flatMap((row) => {
    const isReachable = row['Globally Reachable'] === 'True';
    const ranges = (row['Address Block'] ?? '').replace(/ \[\d\]/, '').split(', ');
    return ranges.map((range) => rangeOf(range, isReachable ? 'public' : 'refused'));
  });
}

function rangeOf(text: string, judgement: Judgement): Range {
  const [address = '', bits = ''] = text.split('/');
  const family = isIP(address) as Family;
  const first = valueOf(address);
  return { text, family, first, last: first + (1n << (BITS[family] - BigInt(bits))) - 1n, judgement };
}

/** The number of an address in the forms that the registries use. */
function valueOf(address: string): bigint {
  if (isIP(address) === 4) return address.split('.').reduce((value, part) => value * 256n + BigInt(part), 0n);
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '');
  const zeros = Array<string>(8 - groups(head).length - groups(tail).length).fill('0');
  return [...groups(head), ...zeros, ...groups(tail)].reduce(
    (value, group) => value * 65_536n + BigInt(`0x${group}`),
    0n,
  );
}

function textOf(value: bigint, family: Family): string {
  const [parts, bits] = family === 4 ? [4, 8] : [8, 16];
  const numbers = Array.from({ length: parts }, (_, i) =>
    Number(BigInt.asUintN(bits, value >> BigInt(bits * (parts - 1 - i)))),
  );
  return family === 4 ? numbers.join('.') : numbers.map((group) => group.toString(16)).join(':');
}

function isExpectedPublic(value: bigint, family: Family): boolean {
  const found = RANGES.find(
    (range) => range.family === family && value >= range.first && value <= range.last,
  );
  if (found?.judgement === 'as the IPv4 address in its last 32 bits')
    return isExpectedPublic(lowest(value), 4);
  if (found?.judgement !== 'public') return false;
  // RFC 5214, 6.1: an ISATAP interface sends to the IPv4 address in its identifier.
  const identifier = (value >> 32n) & 0xffff_ffffn;
  const isIsatap = family === 6 && (identifier === 0x5efen || identifier === 0x0200_5efen);
  return !isIsatap || isExpectedPublic(lowest(value), 4);
}

function lowest(value: bigint): bigint {
  return value & 0xffff_ffffn;
}

function assertJudged(value: bigint, family: Family): void {
  const text = textOf(value, family);
  if (isPublicAddress(text) !== isExpectedPublic(value, family))
    assert.fail(`${text} should be ${isExpectedPublic(value, family) ? 'public' : 'refused'}`);
}

test('both registries are here in full', () => {
  assert.deepEqual(
    ([4, 6] as const).map((family) => REGISTERED.filter((range) => range.family === family).length),
    [26, 25],
  );
});

test('every range of the registries is refused unless it is globally reachable, up to its edges', () => {
  for (const { text, family, first, last, judgement } of RANGES) {
    const most = (1n << BITS[family]) - 1n;
    for (const value of [first - 1n, first, first + 1n, last - 1n, last, last + 1n])
      if (value >= 0n && value <= most) assertJudged(value, family);
    if (judgement === 'refused' && !text.endsWith('/0')) {
      assert.equal(isPublicAddress(textOf(first, family)), false, text);
      assert.equal(isPublicAddress(textOf(last, family)), false, text);
    }
  }
});

test('what IANA calls globally reachable is refused only where we say why', () => {
  const refused = REGISTERED.filter(
    ({ first, family, judgement }) => judgement === 'public' && !isPublicAddress(textOf(first, family)),
  );
  assert.deepEqual(
    new Set(refused.map(({ text }) => text)),
    new Set(OURS.map(([text]) => text).filter((text) => /^(192\.0\.0|2001:|64:ff9b::)/.test(text))),
  );
});

test('a million random addresses are judged as by comparing numbers', () => {
  const { upTo } = random(6);
  const bits32 = (): bigint => BigInt(upTo(2 ** 32) - 1);
  const bits128 = (): bigint => (bits32() << 96n) | (bits32() << 64n) | (bits32() << 32n) | bits32();
  const inside = ({ first, last, family }: Range): bigint =>
    first + ((family === 4 ? bits32() : bits128()) % (last - first + 1n));
  for (let i = 0; i < 400_000; i += 1) assertJudged(bits32(), 4);
  for (let i = 0; i < 200_000; i += 1) assertJudged(bits128(), 6);
  for (let i = 0; i < 200_000; i += 1) assertJudged((1n << 125n) | (bits128() >> 3n), 6); // 2000::/3
  const isatap = [0x5efen << 32n, 0x0200_5efen << 32n];
  for (let i = 0; i < 100_000; i += 1)
    assertJudged((1n << 125n) | ((bits32() << 64n) + (isatap[i % 2] ?? 0n)) | bits32(), 6);
  for (let i = 0; i < 100_000; i += 1) {
    const range = RANGES[i % RANGES.length];
    if (range) assertJudged(inside(range), range.family);
  }
});

import { BlockList, isIP } from 'node:net';

/**
 * Whether the public internet routes to an IP address (in the text forms of `net.isIP`). Fails closed: false
 * for everything else, and for text that is not an address.
 * Source: IANA IPv4 and IPv6 Special-Purpose Address Registries; RFC 4291, 6052 and 5214 for embedded addresses.
 */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !SPECIAL_IPV4.check(address, 'ipv4');
  if (family !== 6 || address.includes('%')) return false;
  const embedded = embeddedIpv4(address);
  if (embedded !== undefined && !isPublicAddress(embedded)) return false;
  if (NAT64.check(address, 'ipv6') || MAPPED.check(address, 'ipv6')) return true; // the embedded address was judged above
  return GLOBAL_UNICAST.check(address, 'ipv6') && !SPECIAL_IPV6.check(address, 'ipv6');
}

/**
 * Whether clouds serve credentials at an address, in any form of it. Such addresses stay refused inside a
 * network that the operator allows.
 */
export function isMetadataAddress(address: string): boolean {
  const family = address.includes('%') ? 0 : isIP(address);
  if (family === 0) return false;
  if (family === 4) return METADATA.check(address, 'ipv4');
  return METADATA.check(address, 'ipv6') || possibleIpv4(address).some((one) => METADATA.check(one, 'ipv4'));
}

const SPECIAL_IPV4 = subnets('ipv4', [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32', // Azure's metadata and DNS, in public space
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]);
const GLOBAL_UNICAST = subnets('ipv6', ['2000::/3']);
const SPECIAL_IPV6 = subnets('ipv6', ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']);
// Of 64:ff9b:1::/48 (RFC 8215) only this /96. In the rest the network's prefix length decides which bits hold
// the IPv4 address (RFC 6052, 2.2): what looks like 8.8.8.8 here may be 10.0.0.5 to the translator.
const NAT64 = subnets('ipv6', ['64:ff9b::/96', '64:ff9b:1::/96']);
const MAPPED = subnets('ipv6', ['::ffff:0:0/96']);
const COMPATIBLE = subnets('ipv6', ['::/96']);
const METADATA = new BlockList();
for (const address of [
  '169.254.169.254', // most clouds
  '169.254.170.2', // AWS ECS
  '169.254.170.23', // AWS EKS
  '169.254.169.255', // Akamai (Linode)
  '169.254.0.23', // Tencent
  '169.254.42.42', // Scaleway
  '100.100.100.200', // Alibaba
  '192.0.0.192', // Oracle
  '168.63.129.16', // Azure
])
  METADATA.addAddress(address, 'ipv4');
for (const address of [
  'fd00:ec2::254', // AWS
  'fd00:ec2::23', // AWS EKS
  'fd20:ce::254', // Google
  'fd00:42::42', // Scaleway
  'fd00:a9fe:a9fe::1', // Akamai (Linode)
])
  METADATA.addAddress(address, 'ipv6');

function subnets(family: 'ipv4' | 'ipv6', ranges: string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** The IPv4 address inside an IPv6 address: mapped, compatible, NAT64, or ISATAP (RFC 5214). */
function embeddedIpv4(address: string): string | undefined {
  const groups = groupsOf(address);
  const isIsatap = (groups[4] === 0 || groups[4] === 0x200) && groups[5] === 0x5efe;
  const hasIpv4 = isIsatap || [MAPPED, COMPATIBLE, NAT64].some((list) => list.check(address, 'ipv6'));
  if (!hasIpv4) return undefined;
  const [high = 0, low = 0] = groups.slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/**
 * Every IPv4 address that a translator may find in an IPv6 address: after a prefix of any length (RFC 6052,
 * 2.2), after that of 6to4, or in the last 32 bits, a common convention for manual addresses.
 */
function possibleIpv4(address: string): string[] {
  const bytes = groupsOf(address).flatMap((group) => [group >> 8, group & 255]);
  const withoutU = bytes.toSpliced(8, 1); // RFC 6052: bits 64 to 71 are not part of the address
  const prefixed = [2, 4, 5, 6, 7, 8].map((at) => withoutU.slice(at, at + 4));
  return [...prefixed, bytes.slice(12)].map((four) => four.join('.'));
}

/** The eight 16-bit groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  // The URL parser normalises every form to hexadecimal groups, `::ffff:1.2.3.4` too.
  const plain = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array<string>(zeros).fill('0'), ...after].map((group) => Number.parseInt(group, 16));
}

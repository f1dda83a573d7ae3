import { BlockList, isIP } from 'node:net';

/**
 * Whether an IP address (text, as `net.isIP` knows it) is one that the public internet may route to.
 * Everything else is refused, and so is what is no address: this fails closed.
 * Source: IANA IPv4 and IPv6 Special-Purpose Address Registries; RFC 4291, 6052 and 5214 for embedded addresses.
 */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 4) return !SPECIAL_IPV4.check(address, 'ipv4');
  if (family !== 6 || address.includes('%')) return false;
  const embedded = embeddedIpv4(address);
  if (embedded !== undefined && !isPublicAddress(embedded)) return false;
  if (NAT64.check(address, 'ipv6') || MAPPED.check(address, 'ipv6')) return true; // judged by what they carry
  return GLOBAL_UNICAST.check(address, 'ipv6') && !SPECIAL_IPV6.check(address, 'ipv6');
}

/**
 * Addresses at which clouds serve credentials. They stay refused inside a network that an operator
 * allowed.
 */
export function isMetadataAddress(address: string): boolean {
  const family = address.includes('%') ? 0 : isIP(address);
  if (family === 0) return false;
  const embedded = family === 6 ? embeddedIpv4(address) : undefined;
  return (
    METADATA.check(address, family === 4 ? 'ipv4' : 'ipv6') ||
    (embedded !== undefined && isMetadataAddress(embedded))
  );
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
// Of 64:ff9b:1::/48 (RFC 8215) only this /96: in others the operator's prefix length decides which bits hold
// the IPv4 address (RFC 6052, 2.2), and what looks like 8.8.8.8 to us may be 10.0.0.5 to the translator.
const NAT64 = subnets('ipv6', ['64:ff9b::/96', '64:ff9b:1::/96']);
const MAPPED = subnets('ipv6', ['::ffff:0:0/96']);
const COMPATIBLE = subnets('ipv6', ['::/96']);
const METADATA = new BlockList();
for (const address of ['169.254.169.254', '100.100.100.200', '192.0.0.192', '168.63.129.16'])
  METADATA.addAddress(address, 'ipv4');
METADATA.addAddress('fd00:ec2::254', 'ipv6');

function subnets(family: 'ipv4' | 'ipv6', ranges: string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** The IPv4 address that an IPv6 address carries: mapped, compatible, NAT64, or ISATAP (RFC 5214). */
function embeddedIpv4(address: string): string | undefined {
  const groups = groupsOf(address);
  const isIsatap = (groups[4] === 0 || groups[4] === 0x200) && groups[5] === 0x5efe;
  const carries = isIsatap || [MAPPED, COMPATIBLE, NAT64].some((list) => list.check(address, 'ipv6'));
  if (!carries) return undefined;
  const [high = 0, low = 0] = groups.slice(6);
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
}

/** The eight 16-bit groups of an IPv6 address. */
function groupsOf(address: string): number[] {
  // The URL parser writes any form in hexadecimal groups, also `::ffff:1.2.3.4`.
  const plain = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  return [...before, ...Array<string>(zeros).fill('0'), ...after].map((group) => Number.parseInt(group, 16));
}

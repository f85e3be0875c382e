import { BlockList, isIP } from 'node:net';

/** Networks that no shop of the public internet stands in: reaching one of them would be reaching into our own. */
const NOT_PUBLIC: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Link-local, where clouds also serve their metadata.
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  // Multicast, reserved, broadcast.
  ['224.0.0.0', 3],
];

/** What of IPv6 is handed out to the public; everything else is local, reserved or a way to IPv4. */
const PUBLIC_V6: readonly (readonly [string, number])[] = [['2000::', 3]];
const NOT_PUBLIC_V6: readonly (readonly [string, number])[] = [
  // Teredo, benchmarking and the like; documentation; 6to4, which carries an IPv4 address of anybody.
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const closedV4 = blockList(NOT_PUBLIC, 'ipv4');
const openV6 = blockList(PUBLIC_V6, 'ipv6');
const closedV6 = blockList(NOT_PUBLIC_V6, 'ipv6');

/** True for an address that anybody on the internet can have. `address` is a plain IP address, without brackets or zone. */
export function isPublicAddress(address: string): boolean {
  const version = isIP(address);
  if (version === 4) return !closedV4.check(address, 'ipv4');
  // Addresses of IPv4 in those of IPv6 (::ffff:127.0.0.1, 64:ff9b::7f00:1) lie outside what is open.
  return version === 6 && openV6.check(address, 'ipv6') && !closedV6.check(address, 'ipv6');
}

function blockList(networks: readonly (readonly [string, number])[], family: 'ipv4' | 'ipv6'): BlockList {
  const list = new BlockList();
  for (const [network, bits] of networks) list.addSubnet(network, bits, family);
  return list;
}

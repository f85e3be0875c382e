import { BlockList, isIP } from 'node:net';

/** An address or a network (`192.0.2.7`, `192.0.2.0/24`, `2001:db8::/32`). */
export interface Network {
  readonly address: string;
  readonly bits: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Undefined for a text that names no network. */
export function parseNetwork(text: string): Network | undefined {
  const [address = '', size, ...rest] = text.trim().split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return undefined;
  const maxBits = version === 4 ? 32 : 128;
  if (size !== undefined && !/^\d{1,3}$/.test(size)) return undefined;
  const bits = size === undefined ? maxBits : Number(size);
  return bits > maxBits ? undefined : { address, bits, family: version === 4 ? 'ipv4' : 'ipv6' };
}

/** The plain address: one of IPv4 that arrived by a socket of IPv6 is itself (`::ffff:192.0.2.7`). */
export function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address.trim());
  return mapped?.[1] ?? address.trim();
}

/** Whether an address lies in one of the networks; what is no address lies in none. */
export function isWithin(address: string, networks: readonly string[]): boolean {
  const plain = plainAddress(address);
  const version = isIP(plain);
  if (version === 0) return false;
  const list = new BlockList();
  for (const text of networks) {
    const network = parseNetwork(text);
    if (network) list.addSubnet(network.address, network.bits, network.family);
  }
  return list.check(plain, version === 4 ? 'ipv4' : 'ipv6');
}

import { isWithin, plainAddress } from '../shop-config/network.js';

const NAMED: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
};

/**
 * Who is calling. Only what trusted proxies have written counts: whatever stands further left in `X-Forwarded-For` the caller
 * may have made up.
 *
 * @param socketAddress where the connection comes from
 * @param forwardedFor the header as it came
 * @param trusted how many proxies stand before us, or a comma list of their networks; null: none
 */
export function clientAddress(socketAddress: string, forwardedFor: string | undefined, trusted: string | null): string {
  const forwarded = (forwardedFor ?? '').split(',').map((each) => each.trim());
  const nearestFirst = [socketAddress, ...forwarded.filter((each) => each !== '').reverse()];
  return plainAddress(nearestFirst[countTrusted(nearestFirst, trusted)] ?? '');
}

/** How many of the addresses, the nearest first, are proxies of ours. */
function countTrusted(nearestFirst: readonly string[], trusted: string | null): number {
  const furthest = nearestFirst.length - 1;
  if (trusted === null) return 0;
  if (/^\d+$/.test(trusted)) return Math.min(Number(trusted), furthest);
  const networks = trusted.split(',').flatMap((each) => NAMED[each.trim()] ?? [each]);
  const firstOther = nearestFirst.findIndex((address) => !isWithin(address, networks));
  return firstOther < 0 ? furthest : firstOther;
}

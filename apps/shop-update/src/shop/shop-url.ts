import { isIP } from 'node:net';
import { isPublicAddress } from './public-address.js';

/**
 * Why an address cannot be a shop's; undefined for a good one. A host by name is looked up only when a call is made: what it
 * stands for may change at any time.
 */
export function refuseShopUrl(text: string, allowPrivate: boolean): string | undefined {
  if (!URL.canParse(text)) return 'is no URL';
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return 'must not carry a user or password';
  if (url.hash !== '') return 'must not have a fragment';
  if (allowPrivate) return /^https?:$/.test(url.protocol) ? undefined : 'must begin with https:// or http://';
  if (url.protocol !== 'https:') return 'must begin with https://';
  // URL has turned every spelling of an address (0x7f000001, 127.1) into the plain one by now.
  const host = hostOf(url);
  if (isIP(host) !== 0) return isPublicAddress(host) ? undefined : 'must be a public address';
  if (!host.includes('.') || /(^|\.)(localhost|local|internal|localdomain)\.?$/i.test(host))
    return 'must be a public host';
  return undefined;
}

/** The host of a URL, an IPv6 address without its brackets. */
function hostOf({ hostname }: URL): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

import { expect, it } from 'vitest';
import { isWithin } from '../shop-config/network.js';
import { clientAddress } from './client-address.js';

const FORWARDED = '9.9.9.9, 1.2.3.4, 10.0.0.5';

it.each([
  ['nobody', null, '10.0.0.9'],
  ['no proxy', '0', '10.0.0.9'],
  ['one proxy', '1', '10.0.0.5'],
  ['two proxies', '2', '1.2.3.4'],
  ['more proxies than there are addresses', '9', '9.9.9.9'],
  ['a network', '10.0.0.0/8', '1.2.3.4'],
  ['networks by name', 'loopback, uniquelocal', '1.2.3.4'],
  ['another network', '172.16.0.0/12', '10.0.0.9'],
])('is told by whoever is trusted and by nobody else: %s', (_, trusted, expected) => {
  expect(clientAddress('::ffff:10.0.0.9', FORWARDED, trusted)).toBe(expected);
});

it('is that of the connection without a header, whoever is trusted', () => {
  expect(clientAddress('::ffff:192.0.2.7', undefined, '1')).toBe('192.0.2.7');
  expect(clientAddress('2001:db8::7', '', '10.0.0.0/8')).toBe('2001:db8::7');
});

it('lies in a network or does not, by IPv4 and IPv6', () => {
  expect(isWithin('::ffff:192.0.2.7', ['192.0.2.0/24'])).toBe(true);
  expect(isWithin('192.0.3.7', ['192.0.2.0/24', '192.0.3.7'])).toBe(true);
  expect(isWithin('2001:db8::7', ['2001:db8::/32'])).toBe(true);
  expect(isWithin('192.0.3.8', ['192.0.2.0/24', '2001:db8::/32'])).toBe(false);
  expect(isWithin('unknown', ['0.0.0.0/0', '::/0'])).toBe(false);
  expect(isWithin('192.0.2.7', [])).toBe(false);
});

import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { AddressRefusedError, checkedLookup } from './checked-lookup.js';
import { isPublicAddress } from './public-address.js';
import { refuseShopUrl } from './shop-url.js';

describe('an address', () => {
  it.each(['8.8.8.8', '1.1.1.1', '172.15.255.255', '172.32.0.1', '192.169.0.1', '2606:4700::1111'])(
    'is public: %s',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );

  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.2.1',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'ff02::1',
    '2001:db8::1',
    '2002:7f00:1::',
    'localhost',
    '',
  ])('is not: %s', (address) => expect(isPublicAddress(address)).toBe(false));
});

describe('the address of a shop', () => {
  it('may be a public host by https', () => {
    for (const url of ['https://shop.example.com/api', 'https://8.8.8.8:8443/', 'https://[2606:4700::1111]/'])
      expect(refuseShopUrl(url, false)).toBeUndefined();
  });

  it.each([
    'http://shop.example.com/',
    'ftp://shop.example.com/',
    'file:///etc/passwd',
    'https://localhost/',
    'https://shop.localhost/',
    'https://intranet/',
    'https://db.internal/',
    'https://printer.local/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://0x7f000001/',
    'https://2130706433/',
    'https://0177.0.0.1/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[::1]/',
    'https://[::ffff:7f00:1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[fd00::1]/',
    'https://[fe80::1]/',
    'https://user:password@shop.example.com/',
    'https://shop.example.com/#part',
    'shop.example.com',
    '',
  ])('may not be %s', (url) => expect(refuseShopUrl(url, false)).toBeTypeOf('string'));

  it('may be private where that is allowed, but must still be one', () => {
    expect(refuseShopUrl('http://127.0.0.1:3001/rpc', true)).toBeUndefined();
    expect(refuseShopUrl('file:///etc/passwd', true)).toBeTypeOf('string');
  });
});

describe('the lookup of a connection', () => {
  const resolving = (...addresses: string[]) =>
    promisify(
      checkedLookup((_host, done) =>
        done(
          null,
          addresses.map((address) => ({ address, family: 4 })),
        ),
      ),
    );

  it('answers the one address that it has checked', async () => {
    expect(await resolving('8.8.8.8', '8.8.4.4')('shop.example.com', { all: true })).toEqual([
      { address: '8.8.8.8', family: 4 },
    ]);
  });

  it('refuses a name as soon as one of its addresses is private', async () => {
    await expect(resolving('8.8.8.8', '127.0.0.1')('rebound.example.com', {})).rejects.toThrow(AddressRefusedError);
    await expect(resolving()('nothing.example.com', {})).rejects.toThrow('no address');
  });
});

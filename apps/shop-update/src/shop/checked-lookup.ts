import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.js';

/** A host that stands for an address which must not be reached. */
export class AddressRefusedError extends Error {
  override readonly name = 'AddressRefusedError';
}

type Resolve = (
  host: string,
  done: (error: Error | null, addresses: { address: string; family: number }[]) => void,
) => void;

const resolveAll: Resolve = (host, done) => systemLookup(host, { all: true }, done);

/**
 * The lookup of a connection: the address that is checked is the one that is connected to, so that a name cannot stand for
 * another one a moment later. One private address among several is enough to refuse them all.
 */
export function checkedLookup(resolve: Resolve = resolveAll): LookupFunction {
  return (host, options, callback) => {
    resolve(host, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error || !first) return callback(error ?? new Error(`${host} has no address`), '', 4);
      const refused = addresses.find(({ address }) => !isPublicAddress(address));
      if (refused) return callback(new AddressRefusedError(`${host} stands for ${refused.address}`), '', 4);
      // Only one, so that one call is one attempt to connect.
      if (options.all) return callback(null, [first]);
      callback(null, first.address, first.family);
    });
  };
}

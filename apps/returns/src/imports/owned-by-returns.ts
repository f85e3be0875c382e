import type { Owned } from '@lockstep/ownership';
import { importedCustomers, linkReferrals } from './imported-customers.js';
import { importedOrderLines } from './imported-order-lines.js';
import { importedOrders } from './imported-orders.js';
import { importedReturns } from './imported-returns.js';

/** What imports may ask this service for. */
export const ownedByReturns: Owned = {
  objects: {
    customer: importedCustomers,
    order: importedOrders,
    orderLine: importedOrderLines,
    return: importedReturns,
  },
  links: { customerReferredBy: linkReferrals },
};

import type { NamedRows } from '@lockstep/ownership';

export const CUSTOMER: NamedRows = { type: 'customer', table: 'customer', idNames: ['customerId'], isBuried: false };
export const ORDER: NamedRows = { type: 'order', table: '"order"', idNames: ['orderId'], isBuried: false };
export const RETURN: NamedRows = { type: 'return', table: 'order_return', idNames: ['returnId'], isBuried: true };

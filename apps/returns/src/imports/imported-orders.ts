import {
  allocateIds,
  answerEach,
  changing,
  checkFields,
  complete,
  findRows,
  type ItemAnswer,
  notThere,
  type OwnedType,
  parentId,
  referring,
  refuse,
} from '@lockstep/ownership';
import { type OrderBody, toOrderRecord } from '../orders/order-body.js';
import { readOrders, saveOrders } from '../orders/orders.store.js';
import { OrderFields } from './import-fields.js';
import { CUSTOMER, ORDER } from './imported-rows.js';

/** A feed's fields as those of an order's body; what is not stated is left out. */
function toBody({ no, date, ...own }: OrderFields): Partial<OrderBody> {
  const number = own.customerOrderNumber ?? no;
  const orderDate = own.orderDate ?? date;
  return {
    ...own,
    ...(number === undefined ? {} : { customerOrderNumber: number }),
    ...(orderDate === undefined ? {} : { orderDate }),
  };
}

export const importedOrders: OwnedType = {
  create: (manager, items) =>
    answerEach(
      items,
      (item) => {
        const refusal = checkFields(OrderFields, item.fields);
        if (refusal) return refusal;
        const { customerOrderNumber, ...body } = toBody(item.fields as OrderFields);
        if (!customerOrderNumber) return refuse('MISSING_REQUIRED_FIELD', 'An order needs a number.', 'no');
        return {
          good: { body: { ...body, customerOrderNumber }, customerId: parentId(item, 'customer', 'customerId') },
        };
      },
      async (orders) => {
        const customers = await findRows(
          manager,
          CUSTOMER,
          orders.map(({ customerId }) => customerId),
        );
        const ids = await allocateIds(manager, 'order_allocated_id_seq', orders.length);
        const answers = orders.map(({ customerId }, index): ItemAnswer => {
          if (customerId !== undefined && !customers.has(customerId ?? 0)) return notThere('customer', { customerId });
          return complete({ orderId: ids[index] as number });
        });
        const good = orders.flatMap(({ body, customerId }, index) =>
          answers[index]?.kind === 'complete' ? [{ id: ids[index] as number, body, customerId }] : [],
        );
        await saveOrders(
          manager,
          good.map(({ id, body }) => toOrderRecord(id, body)),
        );
        await manager.query(
          `UPDATE "order" t SET customer_id = s.customer_id
           FROM unnest($1::bigint[], $2::bigint[]) AS s (id, customer_id)
           WHERE t.id = s.id AND s.customer_id IS NOT NULL`,
          [good.map(({ id }) => id), good.map(({ customerId }) => customerId ?? null)],
        );
        return answers;
      },
    ),
  update: changing(ORDER, OrderFields, async (manager, changes) => {
    const shown = await readOrders(
      manager,
      changes.map(({ id }) => id),
    );
    for (const { id, fields } of changes) Object.assign(shown.get(id) ?? {}, toBody(fields as OrderFields));
    await saveOrders(
      manager,
      [...shown.values()].map((order) => toOrderRecord(order.id, order)),
    );
  }),
  reference: referring(ORDER),
};

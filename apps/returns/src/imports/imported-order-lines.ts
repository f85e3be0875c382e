import {
  allocateIds,
  answerEach,
  checkFields,
  complete,
  findRows,
  notThere,
  type OwnedType,
  parentId,
  readId,
  refuse,
} from '@lockstep/ownership';
import { OrderLineFields } from './import-fields.js';
import { ORDER } from './imported-rows.js';

/** Items of orders that an import brings. A new one raises its order, whose part it is. */
export const importedOrderLines: OwnedType = {
  create: (manager, items) =>
    answerEach(
      items,
      (item) => {
        const refusal = checkFields(OrderLineFields, item.fields);
        if (refusal) return refusal;
        const fields = item.fields as OrderLineFields;
        const quantity = fields.quantity ?? fields.qty;
        if (quantity === undefined) return refuse('MISSING_REQUIRED_FIELD', 'A line needs a quantity.', 'qty');
        const orderId = parentId(item, 'order', 'orderId');
        if (orderId === undefined) return refuse('MISSING_REQUIRED_LINK', 'A line belongs to an order.');
        const productId = parentId(item, 'product', 'productId') ?? null;
        return { good: { orderId, productId, quantity, fields } };
      },
      async (lines) => {
        const orders = await findRows(
          manager,
          ORDER,
          lines.map(({ orderId }) => orderId),
          'FOR UPDATE',
        );
        const ids = await allocateIds(manager, 'order_item_allocated_id_seq', lines.length);
        const rows = lines.flatMap(({ orderId, productId, quantity, fields }, index) => {
          if (orderId === null || !orders.has(orderId)) return [];
          const { sku = null, productName = null, brand = null, lineItemTotal = null } = fields;
          return [{ orderId, id: ids[index], sku, productId, productName, brand, quantity, lineItemTotal }];
        });
        // Ids ascend, so lines keep the order of the feed behind those that are there.
        await manager.query(
          `INSERT INTO order_item (order_id, id, position, sku, product_id, product_name, brand, quantity, line_item_total)
           SELECT s."orderId", s.id, (SELECT coalesce(max(i.position) + 1, 0) FROM order_item i WHERE i.order_id = s."orderId"),
             s.sku, s."productId", s."productName", s.brand, s.quantity, s."lineItemTotal"
           FROM json_to_recordset($1) AS s ("orderId" bigint, id bigint, sku text, "productId" bigint,
             "productName" text, brand text, quantity integer, "lineItemTotal" numeric(14, 2))`,
          [JSON.stringify(rows)],
        );
        await manager.query(
          'UPDATE "order" SET version = version + 1, updated_at = now() WHERE id = ANY ($1::bigint[])',
          [[...new Set(rows.map(({ orderId }) => orderId))]],
        );
        return lines.map(({ orderId }, index) =>
          orderId !== null && orders.has(orderId)
            ? complete({ orderId, orderItemId: ids[index] as number })
            : notThere('order', { orderId }),
        );
      },
    ),
  reference: async (manager, items) => {
    const keys = items.map(({ identifierIds }) => ({
      orderId: readId(identifierIds, 'orderId'),
      id: readId(identifierIds, 'orderItemId'),
    }));
    const rows: { key: string }[] = await manager.query(
      `SELECT order_id || ' ' || id AS key FROM order_item
       WHERE (order_id, id) IN (SELECT * FROM unnest($1::bigint[], $2::bigint[]))`,
      [keys.map(({ orderId }) => orderId), keys.map(({ id }) => id)],
    );
    const known = new Set(rows.map(({ key }) => key));
    return keys.map(({ orderId, id }, index) =>
      known.has(`${orderId} ${id}`)
        ? complete({ orderId: orderId as number, orderItemId: id as number })
        : notThere('orderLine', items[index]?.identifierIds ?? null),
    );
  },
};

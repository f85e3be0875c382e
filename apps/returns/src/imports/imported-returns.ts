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
import { toOrderReturnRecord } from '../order-returns/order-return-body.js';
import { readReturns, saveReturns } from '../order-returns/order-returns.store.js';
import { ReturnFields } from './import-fields.js';
import { ORDER, RETURN } from './imported-rows.js';

export const importedReturns: OwnedType = {
  create: (manager, items) =>
    answerEach(
      items,
      (item) => {
        const refusal = checkFields(ReturnFields, item.fields);
        if (refusal) return refusal;
        const fields = item.fields as ReturnFields;
        const { customerReturnNumber, returnType = 'UNKNOWN' } = fields;
        if (customerReturnNumber === undefined) {
          return refuse('MISSING_REQUIRED_FIELD', 'A return needs a number.', 'customerReturnNumber');
        }
        return {
          good: { body: { ...fields, customerReturnNumber, returnType }, orderId: parentId(item, 'order', 'orderId') },
        };
      },
      async (returns) => {
        const orders = await findRows(
          manager,
          ORDER,
          returns.map(({ orderId }) => orderId),
        );
        const ids = await allocateIds(manager, 'order_return_allocated_id_seq', returns.length);
        const answers = returns.map(({ orderId }, index): ItemAnswer => {
          if (orderId !== undefined && !orders.has(orderId ?? 0)) return notThere('order', { orderId });
          return complete({ returnId: ids[index] as number });
        });
        const records = returns.flatMap(({ body, orderId }, index) =>
          answers[index]?.kind === 'complete'
            ? [toOrderReturnRecord(ids[index] as number, { ...body, orderId: orderId ?? null })]
            : [],
        );
        await saveReturns(manager, records);
        return answers;
      },
    ),
  update: changing(RETURN, ReturnFields, async (manager, changes) => {
    const shown = await readReturns(
      manager,
      changes.map(({ id }) => id),
    );
    for (const { id, fields } of changes) Object.assign(shown.get(id) ?? {}, fields);
    await saveReturns(
      manager,
      [...shown.values()].map((each) => toOrderReturnRecord(each.id, each)),
    );
  }),
  reference: referring(RETURN),
};

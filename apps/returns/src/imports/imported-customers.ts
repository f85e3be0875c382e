import type { ImportLinkItemV1 } from '@lockstep/contracts';
import {
  allocateIds,
  answerEach,
  changing,
  checkFields,
  complete,
  findRows,
  notThere,
  type OwnedType,
  type OwnerWork,
  readId,
  referring,
} from '@lockstep/ownership';
import { CustomerFields } from './import-fields.js';
import { CUSTOMER } from './imported-rows.js';

export const importedCustomers: OwnedType = {
  create: (manager, items) =>
    answerEach(
      items,
      ({ fields }) => checkFields(CustomerFields, fields) ?? { good: fields as unknown as CustomerFields },
      async (customers) => {
        const ids = await allocateIds(manager, 'customer_id_seq', customers.length);
        await manager.query(
          `INSERT INTO customer (id, email) OVERRIDING SYSTEM VALUE SELECT * FROM unnest($1::bigint[], $2::text[])`,
          [ids, customers.map(({ email }) => email)],
        );
        return ids.map((id) => complete({ customerId: id }));
      },
    ),
  update: changing(CUSTOMER, CustomerFields, async (manager, changes) => {
    const emails = new Map(changes.map(({ id, fields }) => [id, fields['email']]));
    await manager.query(
      `UPDATE customer t SET email = s.email FROM unnest($1::bigint[], $2::text[]) AS s (id, email) WHERE t.id = s.id`,
      [[...emails.keys()], [...emails.values()]],
    );
  }),
  reference: referring(CUSTOMER),
};

/** Who has sent a customer here; somebody may have come by himself. Of several the last one counts. */
export const linkReferrals: OwnerWork<ImportLinkItemV1> = (manager, items) =>
  answerEach(
    items,
    ({ child, parent }) => {
      const customerId = readId(child.identifierIds, 'customerId');
      const referredBy = readId(parent.identifierIds, 'customerId');
      if (customerId === null) return notThere('customer', child.identifierIds);
      if (referredBy === null) return notThere('customer', parent.identifierIds);
      return { good: { customerId, referredBy } };
    },
    async (pairs) => {
      const ids = pairs.flatMap(({ customerId, referredBy }) => [customerId, referredBy]);
      const known = await findRows(manager, CUSTOMER, ids, 'FOR UPDATE');
      const good = pairs.filter(({ customerId, referredBy }) => known.has(customerId) && known.has(referredBy));
      const last = new Map(good.map(({ customerId, referredBy }) => [customerId, referredBy]));
      await manager.query(
        `UPDATE customer t SET referred_by = s.referred_by
         FROM unnest($1::bigint[], $2::bigint[]) AS s (id, referred_by) WHERE t.id = s.id`,
        [[...last.keys()], [...last.values()]],
      );
      return pairs.map(({ customerId, referredBy }) => {
        if (!known.has(customerId)) return notThere('customer', { customerId });
        return known.has(referredBy) ? complete() : notThere('customer', { customerId: referredBy });
      });
    },
  );

import {
  allocateIds,
  answerEach,
  changing,
  checkFields,
  complete,
  type OwnedType,
  referring,
} from '@lockstep/ownership';
import { SellerBody, SellerPatch, toSellerRecord } from '../catalogue/seller-body.js';
import { readSellers, saveSellers } from '../catalogue/sellers.store.js';
import { SELLER } from './imported-rows.js';

export const importedSellers: OwnedType = {
  create: (manager, items) =>
    answerEach(
      items,
      ({ fields }) => checkFields(SellerBody, fields) ?? { good: fields as unknown as SellerBody },
      async (sellers) => {
        const ids = await allocateIds(manager, 'seller_allocated_id_seq', sellers.length);
        await saveSellers(
          manager,
          sellers.map((seller, index) => toSellerRecord(ids[index] as number, seller)),
        );
        return ids.map((sellerId) => complete({ sellerId }));
      },
    ),
  update: changing(SELLER, SellerPatch, async (manager, changes) => {
    const shown = await readSellers(
      manager,
      changes.map(({ id }) => id),
    );
    for (const { id, fields } of changes) Object.assign(shown.get(id) ?? {}, fields);
    await saveSellers(
      manager,
      [...shown.values()].map((seller) => toSellerRecord(seller.id, seller)),
    );
  }),
  reference: referring(SELLER),
};

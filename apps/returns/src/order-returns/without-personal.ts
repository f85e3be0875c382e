import type { Actor } from '@lockstep/service';
import { maskPhone, maskPostalCode, maskText } from './mask-personal.js';
import type { OrderReturnView } from './order-return-body.js';

/** The return as the caller may see it: who has not the scope `pii:read` gets the beginnings of what is personal. */
export function withoutPersonal(view: OrderReturnView, actor: Actor | undefined): OrderReturnView {
  const { shipment } = view;
  if (!shipment || actor?.scopes.includes('pii:read')) return view;
  const { name = null, phone = null, email = null } = shipment.customer ?? {};
  const { postalCode = null, ...pickup } = shipment.pickup ?? {};
  return {
    ...view,
    shipment: {
      ...shipment,
      customer: { name: maskText(name), phone: maskPhone(phone), email: maskText(email) },
      pickup: { ...pickup, postalCode: maskPostalCode(postalCode) },
    },
  };
}

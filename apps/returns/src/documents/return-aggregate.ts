import type { ReturnEvent } from './fold-events.js';

/** A return with all its parts, of one moment, as one statement reads it. Instants are RFC 3339 in UTC, amounts in minor units. */
export interface ReturnAggregate {
  readonly id: number;
  readonly version: number;
  readonly deleted: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly customerReturnNumber: string;
  readonly returnType: string;
  readonly pickupType: string | null;
  readonly courierName: string | null;
  readonly returnTrackingId: string | null;
  readonly refundAmount: number | null;
  readonly isCOD: boolean;
  readonly requestedAt: string | null;
  readonly resolution: string | null;
  readonly invoiceNumber: string | null;
  readonly order: OrderPart | null;
  readonly shipment: ShipmentPart | null;
  readonly items: readonly ItemPart[];
  readonly events: readonly ReturnEvent[];
  readonly tags: readonly string[];
}

/** What a return shows of its order. */
export interface OrderPart {
  readonly id: number;
  readonly customerOrderNumber: string;
  /** A day or an instant, as it was stated. */
  readonly orderDate: string | null;
  readonly portal: string | null;
  readonly salesChannel: string | null;
  readonly accountSlug: string | null;
  readonly workspace: string | null;
  readonly paymentType: string | null;
}

/** How a return travels. */
export interface ShipmentPart {
  readonly location: string | null;
  readonly warehouseId: string | null;
  readonly expectedDeliveryAt: string | null;
  readonly slaDueAt: string | null;
  readonly customerName: string | null;
  readonly customerPhone: string | null;
  readonly customerEmail: string | null;
  readonly pickupCity: string | null;
  readonly pickupState: string | null;
  readonly pickupPostalCode: string | null;
}

/** An item, with what the item of the order says of it. */
export interface ItemPart {
  readonly returnItemId: number;
  readonly orderItemId: number | null;
  readonly sku: string | null;
  readonly esin: string | null;
  readonly ean: string | null;
  readonly productName: string | null;
  readonly brand: string | null;
  readonly quantity: number;
  readonly lineItemTotal: number | null;
  readonly returnReason: string | null;
  readonly returnSubReason: string | null;
  readonly images: readonly string[] | null;
}

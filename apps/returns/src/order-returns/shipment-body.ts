import { IsInstant, IsStorableText } from '@lockstep/contracts';
import { Type } from 'class-transformer';
import { IsOptional, ValidateNested } from 'class-validator';

/** Personal data: shown whole to those with the scope `pii:read` alone. */
export class ShipmentCustomer {
  @IsOptional()
  @IsStorableText(200)
  name?: string | null;

  @IsOptional()
  @IsStorableText(50)
  phone?: string | null;

  @IsOptional()
  @IsStorableText(320)
  email?: string | null;
}

/** Where it is fetched. */
export class PickupAddress {
  @IsOptional()
  @IsStorableText(200)
  city?: string | null;

  @IsOptional()
  @IsStorableText(200)
  state?: string | null;

  @IsOptional()
  @IsStorableText(50)
  postalCode?: string | null;
}

/** How a return travels. */
export class ShipmentBody {
  /** Where it is to be received. */
  @IsOptional()
  @IsStorableText(200)
  location?: string | null;

  @IsOptional()
  @IsStorableText(100)
  warehouseId?: string | null;

  @IsOptional()
  @IsInstant()
  expectedDeliveryAt?: string | null;

  /** Not completed by then, it is late. Absent: 12 days from a customer's pickup, 15 from a courier's turning back. */
  @IsOptional()
  @IsInstant()
  slaDueAt?: string | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => ShipmentCustomer)
  customer?: ShipmentCustomer | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => PickupAddress)
  pickup?: PickupAddress | null;
}

/** A shipment as it is stored. Instants in UTC, to the millisecond. */
export interface ShipmentRecord {
  location: string | null;
  warehouseId: string | null;
  expectedDeliveryAt: string | null;
  slaDueAt: string | null;
  customer: { name: string | null; phone: string | null; email: string | null };
  pickup: { city: string | null; state: string | null; postalCode: string | null };
}

/** Null where nothing is stated. */
export function toShipmentRecord(body: ShipmentBody | null | undefined): ShipmentRecord | null {
  const { customer, pickup } = body ?? {};
  const record: ShipmentRecord = {
    location: body?.location ?? null,
    warehouseId: body?.warehouseId ?? null,
    expectedDeliveryAt: toUtc(body?.expectedDeliveryAt),
    slaDueAt: toUtc(body?.slaDueAt),
    customer: { name: customer?.name ?? null, phone: customer?.phone ?? null, email: customer?.email ?? null },
    pickup: { city: pickup?.city ?? null, state: pickup?.state ?? null, postalCode: pickup?.postalCode ?? null },
  };
  const { customer: _, pickup: __, ...own } = record;
  const stated = [...Object.values(own), ...Object.values(record.customer), ...Object.values(record.pickup)];
  return stated.some((value) => value !== null) ? record : null;
}

function toUtc(instant: string | null | undefined): string | null {
  return instant ? new Date(instant).toISOString() : null;
}

import { IsInstant, IsMoney, IsStorableText } from '@lockstep/contracts';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  ValidateNested,
} from 'class-validator';
import { HasUnique, IsId, IsQuantity } from '../orders/field-checks.js';
import { toMoney } from '../orders/money.js';
import { EventBody } from './event-body.js';
import { ShipmentBody, type ShipmentRecord, toShipmentRecord } from './shipment-body.js';

export const RETURN_TYPES = ['CUSTOMER', 'COURIER', 'UNKNOWN'] as const;
export type ReturnType = (typeof RETURN_TYPES)[number];

export class ReturnItemBody {
  @IsId()
  returnItemId!: number;

  /** The item of the order that comes back; none where nobody knows. */
  @IsOptional()
  @IsId()
  orderItemId?: number | null;

  @IsOptional()
  @IsStorableText(200)
  sku?: string | null;

  @IsQuantity()
  quantity!: number;

  @IsOptional()
  @IsStorableText(500)
  returnReason?: string | null;

  @IsOptional()
  @IsStorableText(500)
  returnSubReason?: string | null;

  @IsOptional()
  @IsStorableText(100)
  ean?: string | null;

  @IsOptional()
  @IsStorableText(100)
  esin?: string | null;

  /** Addresses of pictures. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsStorableText(2_000, { each: true })
  images?: string[] | null;
}

/** A whole return: what is absent is empty, whatever it was before. */
export class OrderReturnBody {
  /** Absent only for what came back without anybody knowing of which order it is. */
  @IsOptional()
  @IsId()
  orderId?: number | null;

  @IsStorableText(200)
  @IsNotEmpty()
  customerReturnNumber!: string;

  @IsIn([...RETURN_TYPES])
  returnType!: ReturnType;

  @IsOptional()
  @IsStorableText(100)
  pickupType?: string | null;

  @IsOptional()
  @IsStorableText(200)
  courierName?: string | null;

  @IsOptional()
  @IsStorableText(200)
  returnTrackingId?: string | null;

  @IsOptional()
  @IsMoney()
  refundAmount?: string | null;

  /** Absent: no. */
  @IsOptional()
  @IsBoolean()
  isCOD?: boolean | null;

  @IsOptional()
  @IsInstant()
  requestedAt?: string | null;

  /** What was agreed in the end; a lost return needs attention until something was. */
  @IsOptional()
  @IsStorableText(500)
  resolution?: string | null;

  @IsOptional()
  @IsStorableText(200)
  invoiceNumber?: string | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => ShipmentBody)
  shipment?: ShipmentBody | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(50)
  @ArrayUnique()
  @IsNotEmpty({ each: true })
  @IsStorableText(100, { each: true })
  tags?: string[] | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(1_000)
  @HasUnique('returnItemId')
  @ValidateNested({ each: true })
  @Type(() => ReturnItemBody)
  items?: ReturnItemBody[] | null;
}

/** A line of a bulk load. */
export class LoadedReturnBody extends OrderReturnBody {
  @IsId()
  id!: number;

  /** What happened to it; events that were told before are passed over. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(200)
  @ValidateNested({ each: true })
  @Type(() => EventBody)
  events?: EventBody[] | null;
}

export class OrderReturnView extends OrderReturnBody {
  @IsId()
  id!: number;

  /** Grows with every change of the return or of its items. */
  @IsInt()
  version!: number;

  @IsInstant()
  createdAt!: string;

  @IsInstant()
  updatedAt!: string;
}

interface ReturnItemRecord {
  returnItemId: number;
  orderItemId: number | null;
  sku: string | null;
  quantity: number;
  returnReason: string | null;
  returnSubReason: string | null;
  ean: string | null;
  esin: string | null;
  images: string[] | null;
}

/** A return as it is stored: a body with nothing left open. */
export interface OrderReturnRecord {
  id: number;
  orderId: number | null;
  customerReturnNumber: string;
  returnType: ReturnType;
  pickupType: string | null;
  courierName: string | null;
  returnTrackingId: string | null;
  refundAmount: string | null;
  isCOD: boolean;
  /** In UTC, to the millisecond. */
  requestedAt: string | null;
  resolution: string | null;
  invoiceNumber: string | null;
  shipment: ShipmentRecord | null;
  /** In the order of the alphabet. */
  tags: string[];
  items: ReturnItemRecord[];
}

export function toOrderReturnRecord(id: number, body: OrderReturnBody): OrderReturnRecord {
  return {
    id,
    orderId: body.orderId ?? null,
    customerReturnNumber: body.customerReturnNumber,
    returnType: body.returnType,
    pickupType: body.pickupType ?? null,
    courierName: body.courierName ?? null,
    returnTrackingId: body.returnTrackingId ?? null,
    refundAmount: toMoney(body.refundAmount),
    isCOD: body.isCOD ?? false,
    requestedAt: body.requestedAt ? new Date(body.requestedAt).toISOString() : null,
    resolution: body.resolution ?? null,
    invoiceNumber: body.invoiceNumber ?? null,
    shipment: toShipmentRecord(body.shipment),
    tags: [...(body.tags ?? [])].sort(),
    items: (body.items ?? []).map((item) => ({
      returnItemId: item.returnItemId,
      orderItemId: item.orderItemId ?? null,
      sku: item.sku ?? null,
      quantity: item.quantity,
      returnReason: item.returnReason ?? null,
      returnSubReason: item.returnSubReason ?? null,
      ean: item.ean ?? null,
      esin: item.esin ?? null,
      images: item.images && item.images.length > 0 ? item.images : null,
    })),
  };
}

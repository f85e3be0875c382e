import { IsInstant, IsMoney, IsStorableText } from '@lockstep/contracts';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsBoolean, IsIn, IsInt, IsNotEmpty, IsOptional, ValidateNested } from 'class-validator';
import { HasUnique, IsId, IsQuantity } from '../orders/field-checks.js';
import { toMoney } from '../orders/money.js';

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

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(1_000)
  @HasUnique('returnItemId')
  @ValidateNested({ each: true })
  @Type(() => ReturnItemBody)
  items?: ReturnItemBody[] | null;
}

export class OrderReturnView extends OrderReturnBody {
  @IsId()
  id!: number;

  /** Grows with every change of the return or of its items. */
  @IsInt()
  version!: number;

  @IsInstant()
  updatedAt!: string;
}

interface ReturnItemRecord {
  returnItemId: number;
  orderItemId: number | null;
  sku: string | null;
  quantity: number;
  returnReason: string | null;
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
    items: (body.items ?? []).map((item) => ({
      returnItemId: item.returnItemId,
      orderItemId: item.orderItemId ?? null,
      sku: item.sku ?? null,
      quantity: item.quantity,
      returnReason: item.returnReason ?? null,
    })),
  };
}

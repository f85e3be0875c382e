import { IsDayOrInstant, IsInstant, IsMoney, IsStorableText } from '@lockstep/contracts';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsInt, IsNotEmpty, IsOptional, ValidateNested } from 'class-validator';
import { HasUnique, IsId, IsQuantity } from './field-checks.js';
import { toMoney } from './money.js';

export class OrderItemBody {
  @IsId()
  orderItemId!: number;

  @IsOptional()
  @IsStorableText(200)
  sku?: string | null;

  @IsOptional()
  @IsStorableText(500)
  productName?: string | null;

  @IsOptional()
  @IsStorableText(200)
  brand?: string | null;

  @IsQuantity()
  quantity!: number;

  @IsOptional()
  @IsMoney()
  lineItemTotal?: string | null;
}

/** A whole order: what is absent is empty, whatever it was before. */
export class OrderBody {
  @IsStorableText(200)
  @IsNotEmpty()
  customerOrderNumber!: string;

  @IsOptional()
  @IsDayOrInstant()
  orderDate?: string | null;

  @IsOptional()
  @IsStorableText(200)
  portal?: string | null;

  @IsOptional()
  @IsStorableText(200)
  salesChannel?: string | null;

  @IsOptional()
  @IsStorableText(200)
  accountSlug?: string | null;

  @IsOptional()
  @IsStorableText(200)
  workspace?: string | null;

  @IsOptional()
  @IsStorableText(100)
  paymentType?: string | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(1_000)
  @HasUnique('orderItemId')
  @ValidateNested({ each: true })
  @Type(() => OrderItemBody)
  items?: OrderItemBody[] | null;
}

/** A line of a bulk load. */
export class LoadedOrderBody extends OrderBody {
  @IsId()
  id!: number;
}

export class OrderView extends OrderBody {
  @IsId()
  id!: number;

  /** Grows with every change of the order or of its items. */
  @IsInt()
  version!: number;

  @IsInstant()
  updatedAt!: string;
}

export interface OrderItemRecord {
  orderItemId: number;
  sku: string | null;
  productName: string | null;
  brand: string | null;
  quantity: number;
  lineItemTotal: string | null;
}

/** An order as it is stored: a body with nothing left open. */
export interface OrderRecord {
  id: number;
  customerOrderNumber: string;
  orderDate: string | null;
  portal: string | null;
  salesChannel: string | null;
  accountSlug: string | null;
  workspace: string | null;
  paymentType: string | null;
  items: OrderItemRecord[];
}

export function toOrderRecord(id: number, body: OrderBody): OrderRecord {
  return {
    id,
    customerOrderNumber: body.customerOrderNumber,
    orderDate: body.orderDate ?? null,
    portal: body.portal ?? null,
    salesChannel: body.salesChannel ?? null,
    accountSlug: body.accountSlug ?? null,
    workspace: body.workspace ?? null,
    paymentType: body.paymentType ?? null,
    items: (body.items ?? []).map((item) => ({
      orderItemId: item.orderItemId,
      sku: item.sku ?? null,
      productName: item.productName ?? null,
      brand: item.brand ?? null,
      quantity: item.quantity,
      lineItemTotal: toMoney(item.lineItemTotal),
    })),
  };
}

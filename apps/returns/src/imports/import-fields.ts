import { IsCode, IsDayOrInstant, IsInstant, IsMoney, IsStorableText } from '@lockstep/contracts';
import { IsBoolean, IsEmail, IsIn, IsNotEmpty, IsOptional } from 'class-validator';
import { RETURN_TYPES, type ReturnType } from '../order-returns/order-return-body.js';
import { IsQuantity } from '../orders/field-checks.js';

export class CustomerFields {
  @IsStorableText(320)
  @IsEmail()
  email!: string;
}

/** What may be stated of an order. Feeds of a shop speak of its number and its date. */
export class OrderFields {
  @IsOptional()
  @IsStorableText(200)
  @IsNotEmpty()
  no?: string;

  @IsOptional()
  @IsStorableText(200)
  @IsNotEmpty()
  customerOrderNumber?: string;

  @IsOptional()
  @IsDayOrInstant()
  date?: string;

  @IsOptional()
  @IsDayOrInstant()
  orderDate?: string;

  @IsOptional()
  @IsStorableText(200)
  portal?: string;

  @IsOptional()
  @IsStorableText(200)
  salesChannel?: string;

  @IsOptional()
  @IsStorableText(200)
  accountSlug?: string;

  @IsOptional()
  @IsStorableText(200)
  workspace?: string;

  @IsOptional()
  @IsStorableText(100)
  paymentType?: string;
}

export class OrderLineFields {
  @IsOptional()
  @IsQuantity()
  qty?: number;

  @IsOptional()
  @IsQuantity()
  quantity?: number;

  @IsOptional()
  @IsCode(200)
  sku?: string | number;

  @IsOptional()
  @IsStorableText(500)
  productName?: string;

  @IsOptional()
  @IsStorableText(200)
  brand?: string;

  @IsOptional()
  @IsMoney()
  lineItemTotal?: string;
}

/** What may be stated of a return. */
export class ReturnFields {
  @IsOptional()
  @IsStorableText(200)
  @IsNotEmpty()
  customerReturnNumber?: string;

  /** Absent from a new one: UNKNOWN. */
  @IsOptional()
  @IsIn([...RETURN_TYPES])
  returnType?: ReturnType;

  @IsOptional()
  @IsStorableText(100)
  pickupType?: string;

  @IsOptional()
  @IsStorableText(200)
  courierName?: string;

  @IsOptional()
  @IsStorableText(200)
  returnTrackingId?: string;

  @IsOptional()
  @IsMoney()
  refundAmount?: string;

  @IsOptional()
  @IsBoolean()
  isCOD?: boolean;

  @IsOptional()
  @IsInstant()
  requestedAt?: string;
}

import { IsInstant, IsStorableText } from '@lockstep/contracts';
import { PartialType } from '@nestjs/mapped-types';
import { IsBoolean, IsInt, IsNotEmpty, IsOptional } from 'class-validator';
import type { RowShape } from './row-shape.js';

/** A seller; one that is not active sells nothing. */
export class SellerBody {
  @IsStorableText(200)
  @IsNotEmpty()
  name!: string;

  /** Absent: yes. */
  @IsOptional()
  @IsBoolean()
  active?: boolean | null;
}

/** Some fields of a seller. */
export class SellerPatch extends PartialType(SellerBody) {}

export class SellerView extends SellerBody {
  @IsInt()
  id!: number;

  /** Grows with every change. */
  @IsInt()
  version!: number;

  @IsInstant()
  updatedAt!: string;
}

/** A seller as it is stored: a body with nothing left open. */
export interface SellerRecord {
  id: number;
  name: string;
  active: boolean;
}

export const SELLER_SHAPE: RowShape = { table: 'seller', fields: { name: 'text', active: 'boolean' } };

export function toSellerRecord(id: number, { name, active }: SellerBody): SellerRecord {
  return { id, name, active: active ?? true };
}

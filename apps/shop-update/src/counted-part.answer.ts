import { IsBoolean, IsInt, IsOptional, IsString } from 'class-validator';

/** One part of a long list: what of it there is beside its `items`. */
export class CountedPart {
  /** Exact up to 10,000. */
  @IsInt()
  total!: number;

  /** There are more than `total`. */
  @IsBoolean()
  totalIsLowerBound!: boolean;

  @IsInt()
  page!: number;

  @IsInt()
  pageSize!: number;

  /** For the next part; null at the end. */
  @IsOptional()
  @IsString()
  cursor!: string | null;
}

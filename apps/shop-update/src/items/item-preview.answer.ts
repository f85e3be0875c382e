import { Type } from 'class-transformer';
import { Allow, IsArray, IsIn, IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';
import { SHOP_METHODS, type ShopMethod } from '../queue/topics.js';
import { PayloadChangeView, PayloadDiffView } from './item-detail.answer.js';

/** What the shop would be told of an item now. */
export class ItemPreviewAnswer {
  @IsInt()
  itemId!: number;

  @IsIn([...SHOP_METHODS])
  method!: ShopMethod;

  /** The item's own part of the call; none where nothing would be sent. */
  @Allow()
  request!: unknown;

  /** Why nothing would be sent. */
  @IsOptional()
  @IsString()
  refusal!: string | null;

  /** Beside what the shop has. */
  @ValidateNested()
  @Type(() => PayloadDiffView)
  diff!: PayloadDiffView;

  /** The latest call that carried the item; none: it was never sent. */
  @IsOptional()
  @IsString()
  lastRequestId!: string | null;

  /** Beside what that call said. */
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => PayloadChangeView)
  changesSinceLastRequest!: PayloadChangeView[];
}

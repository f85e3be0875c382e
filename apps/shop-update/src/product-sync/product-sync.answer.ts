import { IsInstant } from '@lockstep/contracts';
import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsIn, IsInt, IsOptional, IsString, Max, Min, ValidateNested } from 'class-validator';
import { TOPICS } from '../queue/topics.js';
import { TOPIC_STATES } from './explain-topic.js';

export class TopicSyncView {
  @IsIn([...TOPICS])
  topic!: string;

  @IsString()
  topicLabel!: string;

  @IsIn([...TOPIC_STATES])
  state!: string;

  @IsString()
  text!: string;

  @IsOptional()
  @IsString()
  waitsFor!: string | null;

  /** When it goes on at the latest; none where nobody can know. */
  @IsOptional()
  @IsInstant()
  until!: string | null;

  @IsOptional()
  @IsString()
  whatToDo!: string | null;

  @IsOptional()
  @IsInstant()
  lastSyncedAt!: string | null;

  /** For operators; a link for a seller does not show it. */
  @IsOptional()
  @IsInt()
  itemId!: number | null;
}

/** Why a product is, or is not, live. */
export class ProductSyncAnswer {
  @IsInt()
  productId!: number;

  @IsString()
  sellerSku!: string;

  @IsOptional()
  @IsString()
  sku!: string | null;

  @IsOptional()
  @IsString()
  title!: string | null;

  @IsBoolean()
  isLive!: boolean;

  /** The whole in one sentence. */
  @IsString()
  headline!: string;

  /** The first thing to see to first; none when it is live. */
  @IsArray()
  @IsString({ each: true })
  reasons!: string[];

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => TopicSyncView)
  topics!: TopicSyncView[];

  @IsInstant()
  asOf!: string;
}

export class SyncLinkBody {
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(8_760)
  expiresInHours: number = 168;
}

/** A link that shows one product to whoever has it, and nothing else. */
export class SyncLinkAnswer {
  @IsString()
  id!: string;

  /** Shown this once. */
  @IsString()
  url!: string;

  @IsInstant()
  expiresAt!: string;
}

import { IsInstant, IsStorableText } from '@lockstep/contracts';
import { OmitType } from '@nestjs/mapped-types';
import { Type } from 'class-transformer';
import {
  Allow,
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateNested,
} from 'class-validator';
import { FLOWS, type Flow, SHOP_METHODS, type ShopMethod, TOPICS, type Topic } from '../queue/topics.js';

const DAY_SECONDS = 86_400;
const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;

/** How a topic is treated. */
export class TopicBody {
  /** Nothing of it is sent meanwhile; what changes waits. */
  @IsOptional()
  @IsBoolean()
  paused?: boolean | null;

  /** What the shop calls it in `X-SC-Topic`. Default: our own token. */
  @IsOptional()
  @Matches(/^[\x21-\x7e]{1,100}$/)
  headerName?: string | null;
}

/** The topics that differ from the default. */
export class TopicsBody implements Partial<Record<Topic, TopicBody | null>> {
  @IsOptional()
  @ValidateNested()
  @Type(() => TopicBody)
  new_product_set?: TopicBody | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => TopicBody)
  new_product?: TopicBody | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => TopicBody)
  content?: TopicBody | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => TopicBody)
  status?: TopicBody | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => TopicBody)
  qc_status_change?: TopicBody | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => TopicBody)
  price?: TopicBody | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => TopicBody)
  stock?: TopicBody | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => TopicBody)
  consignment_stock_change?: TopicBody | null;

  @IsOptional()
  @ValidateNested()
  @Type(() => TopicBody)
  images?: TopicBody | null;
}

/** When calls are held back because they fail; what is left out stays as it is. */
export class BreakerBody {
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(DAY_SECONDS)
  windowSeconds?: number;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100_000)
  minCalls?: number;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100)
  failurePercent?: number;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(100_000)
  consecutiveFailures?: number;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(DAY_SECONDS)
  openSeconds?: number;

  /** The first wait where nobody takes a connection. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(DAY_SECONDS)
  unreachableSeconds?: number;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(DAY_SECONDS)
  maxOpenSeconds?: number;
}

/** Settings of the shop. What is left out stays as it is; null takes the default again. */
export class ConfigBody {
  /** `asynchronous` needs `callbackApiKeys` and `callbackAllowedIps`. */
  @IsOptional()
  @IsIn([...FLOWS])
  flow?: Flow | null;

  /** Null: nothing is sent. */
  @IsOptional()
  @IsString()
  @MaxLength(2_000)
  shopUrl?: string | null;

  @IsOptional()
  @IsStorableText(200)
  username?: string | null;

  /** Never read back. */
  @IsOptional()
  @IsStorableText(500)
  password?: string | null;

  @IsOptional()
  @Matches(NAME)
  venture?: string | null;

  @IsOptional()
  @Matches(NAME)
  country?: string | null;

  @IsOptional()
  @Matches(NAME)
  environment?: string | null;

  @IsOptional()
  @IsStorableText(100)
  platformIdentifier?: string | null;

  /** The keys by which the shop is known when it calls back: two while one replaces another. Never read back. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(2)
  @ArrayUnique()
  @IsString({ each: true })
  @MinLength(1, { each: true })
  @MaxLength(500, { each: true })
  callbackApiKeys?: string[] | null;

  /** Where the shop calls back from: addresses and networks. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100)
  @IsString({ each: true })
  @MaxLength(50, { each: true })
  callbackAllowedIps?: string[] | null;

  /** Proxies before this service that tell a caller's address: their number, or their networks. Null: as `TRUST_PROXY` says. */
  @IsOptional()
  @IsString()
  @MaxLength(1_000)
  trustedProxies?: string | null;

  @IsOptional()
  @IsIn(['Product.updatePrices', 'Product.updateProducts'])
  priceMethod?: 'Product.updatePrices' | 'Product.updateProducts' | null;

  @IsOptional()
  @IsIn(['strict', 'lenient'])
  ackMode?: 'strict' | 'lenient' | null;

  @IsOptional()
  @IsIn(['set', 'product'])
  blockScope?: 'set' | 'product' | null;

  @IsOptional()
  @IsBoolean()
  failedBlocksLane?: boolean | null;

  @IsOptional()
  @IsBoolean()
  retryNowOnChange?: boolean | null;

  @IsOptional()
  @IsBoolean()
  holdConsignment?: boolean | null;

  @IsOptional()
  @IsBoolean()
  jitter?: boolean | null;

  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(1_000)
  maxRetries?: number | null;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(1_000)
  attentionAfterFailures?: number | null;

  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(DAY_SECONDS)
  stockHoldSeconds?: number | null;

  /** How long a callback is waited for; null: for ever. */
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(365 * DAY_SECONDS)
  callbackTimeoutSeconds?: number | null;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(365 * DAY_SECONDS)
  ackAgeWarnSeconds?: number | null;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(60)
  connectSeconds?: number | null;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(300)
  responseSeconds?: number | null;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(300)
  ackSeconds?: number | null;

  /** The rate at which the queue is drained, all workers together; null: no limit. */
  @IsOptional()
  @IsNumber()
  @Min(0.01)
  @Max(10_000)
  maxCallsPerSecond?: number | null;

  /** A topic that is named replaces what was set of it; the others stay. */
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => TopicsBody)
  topics?: TopicsBody | null;

  @IsOptional()
  @IsArray()
  @ArrayUnique()
  @IsIn([...SHOP_METHODS], { each: true })
  pausedMethods?: ShopMethod[] | null;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => BreakerBody)
  breaker?: BreakerBody | null;
}

/** A change as it is sent. What an answer shows beside the settings may come back with it, and is overlooked. */
export class ConfigChange extends ConfigBody {
  /** The version that the change was made from: refused when there is a newer one. Default: whatever is in force. */
  @IsOptional()
  @IsInt()
  version?: number | null;

  @Allow()
  changedBy?: unknown;

  @Allow()
  changedAt?: unknown;

  @Allow()
  hasPassword?: unknown;

  @Allow()
  callbackApiKeyFingerprints?: unknown;

  @Allow()
  pausedTopics?: unknown;

  @Allow()
  draining?: unknown;
}

/** Calls that are still open under the flow that was in force before. */
export class Draining {
  @IsIn([...FLOWS])
  flow!: Flow;

  @IsInt()
  calls!: number;
}

/** The settings in force, without their secrets. */
export class ConfigAnswer extends OmitType(ConfigBody, ['password', 'callbackApiKeys'] as const) {
  /** Grows with every change. */
  @IsInt()
  version!: number;

  @IsOptional()
  @IsString()
  changedBy!: string | null;

  @IsOptional()
  @IsInstant()
  changedAt!: string | null;

  @IsBoolean()
  hasPassword!: boolean;

  /** Beginnings of the SHA-256 of each key, by which they can be told apart. */
  @IsArray()
  @IsString({ each: true })
  callbackApiKeyFingerprints!: string[];

  @IsArray()
  @IsIn([...TOPICS], { each: true })
  pausedTopics!: Topic[];

  @ValidateNested()
  @Type(() => Draining)
  draining!: Draining;
}

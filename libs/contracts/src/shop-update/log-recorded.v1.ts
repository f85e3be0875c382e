import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  MaxLength,
  Min,
} from 'class-validator';
import { defineMessage, defineQueue } from '../message.js';
import { IsInstant } from '../schema/instant.js';

/** The exchange of what the shop's service and its neighbours tell each other. */
export const SHOP_UPDATE_EXCHANGE = 'shop-update.exchange';

/** What a log entry is: a step of a call to the shop, or a change of an order that the shop's order system may ask about. */
export const SHOP_LOG_DIRECTIONS = [
  'Request',
  'Ack',
  'RawResponse',
  'Callback',
  'CallbackReply',
  'order_call',
] as const;
export type ShopLogDirection = (typeof SHOP_LOG_DIRECTIONS)[number];

/** Longest text of an entry, in characters; publishers cut what is longer and say so at its end. */
export const SHOP_LOG_MESSAGE_LENGTH = 200_000;

/** One line of the shop's log, already free of passwords and keys. */
export class ShopLogEntryV1 {
  /** Given once by the publisher: an entry that arrives twice is one entry. */
  @IsString()
  @IsNotEmpty()
  @MaxLength(128)
  id!: string;

  @IsInstant()
  at!: string;

  @IsString()
  @IsNotEmpty()
  venture!: string;

  /** `<country>/<environment>`, such as `ke/live`. */
  @IsString()
  @IsNotEmpty()
  source!: string;

  @IsIn([...SHOP_LOG_DIRECTIONS])
  direction!: ShopLogDirection;

  /** What is searched: the whole call or answer, the id of the request at its end. */
  @IsString()
  @MaxLength(SHOP_LOG_MESSAGE_LENGTH)
  message!: string;

  @IsOptional()
  @IsString()
  requestId?: string | null;

  /** Items of the queue that the call carries; for `order_call` the order item ids. */
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(1_000)
  @IsString({ each: true })
  itemIds?: string[];

  @IsOptional()
  @IsString()
  method?: string | null;

  @IsOptional()
  @IsString()
  topic?: string | null;

  @IsOptional()
  @IsString()
  flow?: string | null;

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(1_000)
  @IsString({ each: true })
  sellerSkus?: string[];

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(1_000)
  @IsString({ each: true })
  shopSkus?: string[];

  @IsOptional()
  @IsArray()
  @ArrayMaxSize(1_000)
  @IsString({ each: true })
  productSetIds?: string[];

  @IsOptional()
  @IsInt()
  httpStatus?: number | null;

  @IsOptional()
  @IsInt()
  @Min(0)
  durationMs?: number | null;

  @IsOptional()
  @IsInt()
  @Min(0)
  requeueCount?: number | null;

  /** Of a closed list; why a call failed. */
  @IsOptional()
  @IsString()
  errorReason?: string | null;
}

/** Lines for the shop's log. */
export class ShopLogRecordedV1 {
  @IsArray()
  @ArrayMaxSize(1_000)
  @IsObject({ each: true })
  items!: ShopLogEntryV1[];
}

export const shopLogRecordedQueue = defineQueue({
  name: 'shop-update.queue.log.recorded',
  consumer: 'shop-update',
});

export const shopLogRecorded = defineMessage<ShopLogRecordedV1>({
  type: 'shop-update.log.recorded',
  version: 1,
  summary: 'Calls to the shop, its answers and its callbacks, and what happens to orders, for the log search.',
  exchange: SHOP_UPDATE_EXCHANGE,
  routingKey: 'shop-update.log.recorded',
  publishers: ['shop-update', 'returns'],
  queues: [shopLogRecordedQueue],
  payload: ShopLogRecordedV1,
  item: ShopLogEntryV1,
  example: {
    items: [
      {
        id: '7f3d0c4e-52a1-4e0b-8a5f-2c19f60d7b11',
        at: '2031-03-04T10:00:00.120Z',
        venture: 'jumia',
        source: 'ke/live',
        direction: 'Request',
        message:
          'POST {"api":1,"method":"Product.updateStock","params":{"productsInfo":[{"seller_sku":"LAMP-OAK-40","quantity":"17"}]}} 88213',
        requestId: '88213',
        itemIds: ['41'],
        method: 'Product.updateStock',
        topic: 'stock',
        flow: 'synchronous',
        sellerSkus: ['LAMP-OAK-40'],
        shopSkus: ['LO410HL0QX7K-900101'],
        productSetIds: ['30455'],
        durationMs: null,
      },
    ],
  },
});

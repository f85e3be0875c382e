import { randomUUID } from 'node:crypto';
import {
  SHOP_LOG_MESSAGE_LENGTH,
  type ShopLogDirection,
  type ShopLogEntryV1,
  shopLogRecorded,
} from '@lockstep/contracts';
import { Outbox } from '@lockstep/messaging';
import { Clock, redactSecrets } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Settings } from '../shop-config/settings.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';

/** What a step of a call adds to the log. */
export interface ShopLogLine {
  readonly direction: ShopLogDirection;
  /** What was sent or came, as it was; secrets in it are hidden here. */
  readonly text: string;
  /** @default now */
  readonly at?: Date;
  readonly requestId?: string | null;
  readonly itemIds?: readonly (number | string)[];
  /** What the items are about. @default looked up by the items */
  readonly names?: ShopLogNames;
  readonly method?: string | null;
  readonly topic?: string | null;
  readonly flow?: string | null;
  readonly httpStatus?: number | null;
  readonly durationMs?: number | null;
  readonly requeueCount?: number | null;
  readonly errorReason?: string | null;
}

/** What a line is about, by the names that people look for. */
interface ShopLogNames {
  readonly sellerSkus: readonly (string | null)[];
  readonly shopSkus: readonly (string | null)[];
  readonly productSetIds: readonly string[];
}

type Named = Pick<ShopLogEntryV1, 'sellerSkus' | 'shopSkus' | 'productSetIds'>;

const CUT = ' … cut';
/** Entries of one message, and characters of theirs: beyond these another message is begun. */
const MESSAGE_ENTRIES = 50;
const MESSAGE_CHARACTERS = 500_000;

/** Writes calls to the shop, its answers and its callbacks to the log, with the transaction of what they change. */
@Injectable()
export class ShopLog {
  constructor(
    private readonly outbox: Outbox,
    private readonly settings: ShopSettings,
    private readonly clock: Clock,
  ) {}

  /**
   * Leaves with the caller's transaction. Every entry begins with its direction and ends with the id of its request.
   * `settings`: those in force, where they have just been read.
   */
  async record(manager: EntityManager, lines: readonly ShopLogLine[], settings?: Settings): Promise<void> {
    if (lines.length === 0) return;
    const { venture, country, environment } = settings ?? (await this.settings.current(manager));
    const shop = { venture: venture.toLowerCase(), source: `${country}/${environment}`.toLowerCase() };
    const named = await nameItems(manager, lines);
    const entries = lines.map((line, at) => ({ ...this.toEntry(line), ...shop, ...named[at] }));
    const messages = intoMessages(entries).map((items) => ({ payload: { items } }));
    await this.outbox.addAll(manager, shopLogRecorded, messages);
  }

  private toEntry(line: ShopLogLine): Omit<ShopLogEntryV1, 'venture' | 'source'> {
    const { direction, requestId = null, method = null } = line;
    return {
      id: randomUUID(),
      at: (line.at ?? this.clock.now()).toISOString(),
      direction,
      message: toMessage([direction, method, redactSecrets(line.text)], requestId),
      requestId,
      itemIds: (line.itemIds ?? []).map(String),
      method,
      topic: line.topic ?? null,
      flow: line.flow ?? null,
      httpStatus: line.httpStatus ?? null,
      durationMs: line.durationMs === undefined || line.durationMs === null ? null : Math.round(line.durationMs),
      requeueCount: line.requeueCount ?? null,
      errorReason: line.errorReason ?? null,
    };
  }
}

function intoMessages(entries: readonly ShopLogEntryV1[]): ShopLogEntryV1[][] {
  const messages: ShopLogEntryV1[][] = [];
  let room = 0;
  for (const entry of entries) {
    const last = messages.at(-1);
    room -= entry.message.length;
    if (last && room >= 0 && last.length < MESSAGE_ENTRIES) last.push(entry);
    else {
      messages.push([entry]);
      room = MESSAGE_CHARACTERS - entry.message.length;
    }
  }
  return messages;
}

function toMessage(parts: readonly (string | null)[], requestId: string | null): string {
  const text = parts.filter((part) => part !== null && part !== '').join(' ');
  const end = requestId === null ? '' : ` ${requestId}`;
  const room = SHOP_LOG_MESSAGE_LENGTH - end.length;
  return (text.length <= room ? text : text.slice(0, room - CUT.length).replace(/[\uD800-\uDBFF]$/u, '') + CUT) + end;
}

/** Names of what the items of each line are about, by one reading for all of them. */
async function nameItems(manager: EntityManager, lines: readonly ShopLogLine[]): Promise<Named[]> {
  const ids = [...new Set(lines.flatMap(({ names, itemIds = [] }) => (names ? [] : itemIds.map(String))))];
  if (ids.length === 0) return lines.map(({ names }) => toNamed(names ?? NO_NAMES));
  const rows: { id: string; setId: string; sellerSku: string | null; shopSku: string | null }[] = await manager.query(
    `SELECT i.id::text AS id, i.product_set_id::text AS "setId", p.seller_sku AS "sellerSku", p.shop_sku AS "shopSku"
     FROM sync_item i LEFT JOIN product p ON p.id = i.product_id
     WHERE i.id = ANY ($1::bigint[]) AND i.product_id IS NOT NULL
     UNION ALL
     SELECT i.id::text, i.product_set_id::text, p.seller_sku, p.shop_sku
     FROM sync_item i LEFT JOIN product p ON p.product_set_id = i.product_set_id
     WHERE i.id = ANY ($1::bigint[]) AND i.product_id IS NULL`,
    [ids],
  );
  return lines.map(({ names, itemIds = [] }) => {
    if (names) return toNamed(names);
    const wanted = new Set(itemIds.map(String));
    const found = rows.filter(({ id }) => wanted.has(id));
    return toNamed({
      sellerSkus: found.map(({ sellerSku }) => sellerSku),
      shopSkus: found.map(({ shopSku }) => shopSku),
      productSetIds: found.map(({ setId }) => setId),
    });
  });
}

const NO_NAMES: ShopLogNames = { sellerSkus: [], shopSkus: [], productSetIds: [] };

function toNamed({ sellerSkus, shopSkus, productSetIds }: ShopLogNames): Named {
  return {
    sellerSkus: distinct(sellerSkus),
    shopSkus: distinct(shopSkus),
    productSetIds: distinct(productSetIds),
  };
}

/** At most as many as an entry takes. */
function distinct(values: readonly (string | null)[]): string[] {
  return [...new Set(values.filter((value) => value !== null))].slice(0, 1_000);
}

import { randomUUID } from 'node:crypto';
import { type ShopLogEntryV1, shopLogRecorded } from '@lockstep/contracts';
import { Outbox } from '@lockstep/messaging';
import { Clock } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ReturnsConfig } from '../returns.config.js';

/** A change of an order, or of what came back of it. */
export interface OrderCall {
  readonly method: 'order.save' | 'return.save' | 'return.delete' | 'return.event';
  /** What was said, without anything personal. */
  readonly said: Readonly<Record<string, unknown>>;
  /** Items of the order that it is about: people look for them. */
  readonly orderItemIds: readonly (number | null)[];
}

/** Entries of one message. */
const MESSAGE_ENTRIES = 50;
/** Longest list of items that an entry may have. */
const MAX_ITEMS = 1_000;

/** Tells the shop's log what happens to orders, with the transaction in which it happens. */
@Injectable()
export class OrderLog {
  constructor(
    private readonly outbox: Outbox,
    private readonly clock: Clock,
    private readonly config: ReturnsConfig,
  ) {}

  async record(manager: EntityManager, calls: readonly OrderCall[]): Promise<void> {
    const entries = calls.map((call) => this.toEntry(call));
    for (let at = 0; at < entries.length; at += MESSAGE_ENTRIES) {
      await this.outbox.add(manager, shopLogRecorded, { items: entries.slice(at, at + MESSAGE_ENTRIES) });
    }
  }

  private toEntry({ method, said, orderItemIds }: OrderCall): ShopLogEntryV1 {
    const itemIds = [...new Set(orderItemIds.flatMap((id) => (id === null ? [] : String(id))))].slice(0, MAX_ITEMS);
    const text = JSON.stringify({ ...said, order_item_id: itemIds });
    return {
      id: randomUUID(),
      at: this.clock.now().toISOString(),
      venture: this.config.shopVenture,
      source: this.config.shopSource,
      direction: 'order_call',
      message: `order_call ${method} ${text}`,
      itemIds,
      method,
    };
  }
}

import { inTransaction } from '@lockstep/database';
import {
  type Actor,
  Answers,
  Clock,
  CurrentActor,
  type Page,
  PathIdPipe,
  ProblemError,
  Requires,
} from '@lockstep/service';
import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { notFound } from '../catalogue/catalogue-problems.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import type { ItemAction } from './decide-action.js';
import { FailureGroupView, Failures } from './failures.js';
import { ItemDetailAnswer } from './item-detail.answer.js';
import { ItemDetails } from './item-details.js';
import { ItemLists } from './item-lists.js';
import { moveItems } from './item-moves.js';
import { ItemsAnswer, ItemView } from './item-view.js';
import { FailuresQuery, ItemsQuery } from './items.query.js';
import { SummaryAnswer } from './summary.answer.js';
import { Summary } from './summary.js';

/** What the shop is still to be told, and what became of it. */
@Controller('api/shop-update')
export class ItemsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly lists: ItemLists,
    private readonly details: ItemDetails,
    private readonly failures: Failures,
    private readonly counters: Summary,
    private readonly settings: ShopSettings,
    private readonly clock: Clock,
  ) {}

  @Get('summary')
  @Requires('viewer')
  @Answers(200, SummaryAnswer)
  summary(): Promise<SummaryAnswer> {
    return this.counters.read();
  }

  /** What goes wrong, by its cause. */
  @Get('failures')
  @Requires('viewer')
  @Answers(200, FailureGroupView, { page: true })
  failureGroups(@Query() query: FailuresQuery): Promise<Page<FailureGroupView>> {
    return this.failures.list(query);
  }

  @Get('items')
  @Requires('viewer')
  @Answers(200, ItemsAnswer)
  list(@Query() query: ItemsQuery): Promise<ItemsAnswer> {
    return this.lists.list(query);
  }

  @Get('items/:id')
  @Requires('viewer')
  @Answers(200, ItemDetailAnswer)
  async find(@Param('id', PathIdPipe) id: number, @CurrentActor() actor: Actor): Promise<ItemDetailAnswer> {
    return (await this.details.find(id, actor.scopes.includes('logs:read'))) ?? noSuchItem(id);
  }

  /** Tries at once what has failed, is delayed after a failure, or got an answer that could not be used. */
  @Post('items/:id/retry')
  @HttpCode(200)
  @Requires('operator')
  @Answers(200, ItemView)
  retry(@Param('id', PathIdPipe) id: number): Promise<ItemView> {
    return this.act(id, 'retry');
  }

  /** Ends the hold of a stock change. */
  @Post('items/:id/release')
  @HttpCode(200)
  @Requires('operator')
  @Answers(200, ItemView)
  release(@Param('id', PathIdPipe) id: number): Promise<ItemView> {
    return this.act(id, 'release');
  }

  /** The shop will not be told. */
  @Post('items/:id/cancel')
  @HttpCode(200)
  @Requires('operator')
  @Answers(200, ItemView)
  cancel(@Param('id', PathIdPipe) id: number): Promise<ItemView> {
    return this.act(id, 'cancel');
  }

  private async act(id: number, action: ItemAction): Promise<ItemView> {
    return inTransaction(this.dataSource, async (manager) => {
      const settings = await this.settings.current(manager);
      const [move] = await moveItems(manager, action, [id], { settings, now: this.clock.now() });
      if (!move) noSuchItem(id);
      const { item, decision } = move;
      if (decision.kind === 'refused') {
        const members = { itemId: id, status: item.status, reason: item.reason };
        throw new ProblemError(409, 'ITEM_NOT_IN_STATE', decision.why, members);
      }
      const [view] = await this.lists.show(manager, [id], settings);
      return view ?? noSuchItem(id);
    });
  }
}

function noSuchItem(id: number): never {
  return notFound('item', 'ITEM_NOT_FOUND', id);
}

import { type Actor, Answers, CurrentActor, type Page, PathIdPipe, Requires } from '@lockstep/service';
import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { FailureGroupView, Failures } from './failures.js';
import { ItemActionBody, ReasonedActionBody } from './item-action.body.js';
import { ItemActions, noSuchItem } from './item-actions.js';
import { ItemDetailAnswer } from './item-detail.answer.js';
import { ItemDetails } from './item-details.js';
import { ItemLists } from './item-lists.js';
import { ItemPreviewAnswer } from './item-preview.answer.js';
import { ItemPreviews } from './item-previews.js';
import { ItemsAnswer, ItemView } from './item-view.js';
import { FailuresQuery, ItemsQuery } from './items.query.js';
import { SummaryAnswer } from './summary.answer.js';
import { Summary } from './summary.js';

/** What the shop is still to be told, and what became of it. */
@Controller('api/shop-update')
export class ItemsController {
  constructor(
    private readonly lists: ItemLists,
    private readonly details: ItemDetails,
    private readonly previews: ItemPreviews,
    private readonly failures: Failures,
    private readonly counters: Summary,
    private readonly actions: ItemActions,
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

  /** What the shop would be told of it now. Nothing is sent. */
  @Get('items/:id/preview')
  @Requires('viewer')
  @Answers(200, ItemPreviewAnswer)
  async preview(@Param('id', PathIdPipe) id: number): Promise<ItemPreviewAnswer> {
    return (await this.previews.preview(id)) ?? noSuchItem(id);
  }

  /** Tries at once what has failed, is delayed after a failure, or got an answer that could not be used. */
  @Post('items/:id/retry')
  @HttpCode(200)
  @Requires('operator')
  @Answers(200, ItemView)
  retry(
    @Param('id', PathIdPipe) id: number,
    @CurrentActor() actor: Actor,
    @Body() body?: ItemActionBody,
  ): Promise<ItemView> {
    return this.actions.act(id, 'retry', actor.name, body);
  }

  /** Ends the hold of a stock change. */
  @Post('items/:id/release')
  @HttpCode(200)
  @Requires('operator')
  @Answers(200, ItemView)
  release(
    @Param('id', PathIdPipe) id: number,
    @CurrentActor() actor: Actor,
    @Body() body?: ItemActionBody,
  ): Promise<ItemView> {
    return this.actions.act(id, 'release', actor.name, body);
  }

  /** The shop will not be told. */
  @Post('items/:id/cancel')
  @HttpCode(200)
  @Requires('operator')
  @Answers(200, ItemView)
  cancel(
    @Param('id', PathIdPipe) id: number,
    @CurrentActor() actor: Actor,
    @Body() body?: ItemActionBody,
  ): Promise<ItemView> {
    return this.actions.act(id, 'cancel', actor.name, body);
  }

  /** The shop has it already, by another way: nothing is sent. */
  @Post('items/:id/done')
  @HttpCode(200)
  @Requires('operator')
  @Answers(200, ItemView)
  done(
    @Param('id', PathIdPipe) id: number,
    @CurrentActor() actor: Actor,
    @Body() body: ReasonedActionBody,
  ): Promise<ItemView> {
    return this.actions.act(id, 'done', actor.name, body);
  }

  /** Gives it up for now, so that the next one of its lane goes. */
  @Post('items/:id/skip')
  @HttpCode(200)
  @Requires('operator')
  @Answers(200, ItemView)
  skip(
    @Param('id', PathIdPipe) id: number,
    @CurrentActor() actor: Actor,
    @Body() body: ReasonedActionBody,
  ): Promise<ItemView> {
    return this.actions.act(id, 'skip', actor.name, body);
  }
}

import type { IncomingMessage } from 'node:http';
import { refuseReservedId } from '@lockstep/ownership';
import {
  type Actor,
  Answers,
  BulkAnswer,
  CurrentActor,
  loadLines,
  type Page,
  PathIdPipe,
  PostBulk,
  ProblemError,
  Requires,
  readNdjson,
} from '@lockstep/service';
import { Body, Controller, Delete, Get, Headers, HttpCode, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { refuseLimited, tenantOf } from '../orders/tenant.js';
import { EventBody, EventView, toEventRecord } from './event-body.js';
import { LoadedReturnBody, OrderReturnBody, OrderReturnView, toOrderReturnRecord } from './order-return-body.js';
import { OrderReturnsStore } from './order-returns.store.js';
import { ReturnMetrics } from './return.metrics.js';
import { ReturnEventsStore } from './return-events.store.js';
import { ReturnsQuery } from './returns.query.js';
import { withoutPersonal } from './without-personal.js';

/** Returns and what happens to them. */
@Controller('api/returns')
export class OrderReturnsController {
  constructor(
    private readonly returns: OrderReturnsStore,
    private readonly events: ReturnEventsStore,
    private readonly metrics: ReturnMetrics,
  ) {}

  @Get()
  @Requires('viewer')
  @Answers(200, OrderReturnView, { page: true })
  async list(@Query() query: ReturnsQuery, @CurrentActor() actor?: Actor): Promise<Page<OrderReturnView>> {
    const page = await this.returns.list(query, tenantOf(actor));
    return { ...page, items: page.items.map((view) => withoutPersonal(view, actor)) };
  }

  /** A line is the body of a PUT with its `id`, and `events` if there are any. Answers when the last line was stored. */
  @PostBulk()
  async load(@Req() request: IncomingMessage, @CurrentActor() actor?: Actor): Promise<BulkAnswer> {
    refuseLimited(actor);
    return loadLines(readNdjson(request), {
      body: LoadedReturnBody,
      toRecord: ({ events, ...body }) => {
        const records = (events ?? []).map((event) => toEventRecord(event));
        this.metrics.count(records);
        return { ...toOrderReturnRecord(body.id, body), events: records };
      },
      keyOf: ({ id }) => id,
      save: (records) => this.returns.load(records),
    });
  }

  @Get(':id')
  @Requires('viewer')
  @Answers(200, OrderReturnView)
  async find(@Param('id', PathIdPipe) id: number, @CurrentActor() actor?: Actor): Promise<OrderReturnView> {
    const view = await this.returns.find(id, tenantOf(actor));
    return view ? withoutPersonal(view, actor) : nothing(id);
  }

  @Put(':id')
  @Requires('operator')
  @Answers(200, OrderReturnView)
  @Answers(201, OrderReturnView)
  async put(
    @Param('id', PathIdPipe) id: number,
    @Body() body: OrderReturnBody,
    @Res({ passthrough: true }) response: Response,
    @CurrentActor() actor?: Actor,
  ): Promise<OrderReturnView> {
    const tenant = tenantOf(actor);
    const isThere = await this.returns.exists(id);
    await refuseReservedId(id, async () => isThere);
    if (isThere && !(await this.returns.find(id, tenant))) nothing(id);
    response.status((await this.returns.save(toOrderReturnRecord(id, body), tenant)) ? 201 : 200);
    return this.find(id, actor);
  }

  @Delete(':id')
  @Requires('operator')
  @HttpCode(204)
  @Answers(204)
  async remove(@Param('id', PathIdPipe) id: number, @CurrentActor() actor?: Actor): Promise<void> {
    if (!(await this.returns.remove(id, tenantOf(actor)))) nothing(id);
  }

  /** Everything that was told of it, in the order in which we heard. */
  @Get(':id/events')
  @Requires('viewer')
  @Answers(200, EventView, { page: true })
  async listEvents(@Param('id', PathIdPipe) id: number, @CurrentActor() actor?: Actor): Promise<Page<EventView>> {
    await this.find(id, actor);
    const items = await this.events.list(id);
    return { items, total: items.length, page: 1, pageSize: Math.max(items.length, 1), cursor: null };
  }

  /** 201, or 200 where the event was told before: the same `Idempotency-Key`, or without one the same words. */
  @Post(':id/events')
  @Requires('operator')
  @Answers(200, EventView)
  @Answers(201, EventView)
  async addEvent(
    @Param('id', PathIdPipe) id: number,
    @Body() body: EventBody,
    @Res({ passthrough: true }) response: Response,
    @Headers('idempotency-key') key?: string,
    @CurrentActor() actor?: Actor,
  ): Promise<EventView> {
    if (!(await this.returns.find(id, tenantOf(actor)))) nothing(id);
    const record = toEventRecord(body, key?.slice(0, 500));
    const { view, isNew } = await this.events.add(id, record);
    if (isNew) this.metrics.count([record]);
    response.status(isNew ? 201 : 200);
    return view;
  }
}

function nothing(id: number): never {
  throw new ProblemError(404, 'RETURN_NOT_FOUND', `There is no return with the id ${id}.`);
}

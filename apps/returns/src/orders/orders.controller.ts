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
import { Body, Controller, Get, Param, Put, Query, Req, Res } from '@nestjs/common';
import type { Response } from 'express';
import { LoadedOrderBody, OrderBody, OrderView, toOrderRecord } from './order-body.js';
import { OrdersQuery } from './orders.query.js';
import { OrdersStore } from './orders.store.js';
import { owns, refuseLimited, tenantOf } from './tenant.js';

/** Orders, one by one and as a stream of lines. */
@Controller('api/orders')
export class OrdersController {
  constructor(private readonly orders: OrdersStore) {}

  @Get()
  @Requires('viewer')
  @Answers(200, OrderView, { page: true })
  list(@Query() query: OrdersQuery, @CurrentActor() actor?: Actor): Promise<Page<OrderView>> {
    return this.orders.list(query, tenantOf(actor));
  }

  /** A line is the body of a PUT with its `id`. Answers when the last line was stored. */
  @PostBulk()
  async load(@Req() request: IncomingMessage, @CurrentActor() actor?: Actor): Promise<BulkAnswer> {
    refuseLimited(actor);
    return loadLines(readNdjson(request), {
      body: LoadedOrderBody,
      toRecord: (body) => toOrderRecord(body.id, body),
      keyOf: ({ id }) => id,
      save: async (records) => {
        const { created, changed } = await this.orders.save(records);
        return { created, updated: new Set([...changed].filter((id) => !created.has(id))) };
      },
    });
  }

  @Get(':id')
  @Requires('viewer')
  @Answers(200, OrderView)
  async find(@Param('id', PathIdPipe) id: number, @CurrentActor() actor?: Actor): Promise<OrderView> {
    const order = await this.orders.find(id);
    return order && owns(tenantOf(actor), order) ? order : nothing(id);
  }

  @Put(':id')
  @Requires('operator')
  @Answers(200, OrderView)
  @Answers(201, OrderView)
  async put(
    @Param('id', PathIdPipe) id: number,
    @Body() body: OrderBody,
    @Res({ passthrough: true }) response: Response,
    @CurrentActor() actor?: Actor,
  ): Promise<OrderView> {
    const former = await this.orders.find(id);
    await refuseReservedId(id, async () => former !== undefined);
    if (former && !owns(tenantOf(actor), former)) nothing(id);
    if (!owns(tenantOf(actor), body)) {
      throw new ProblemError(403, 'TENANT_FORBIDDEN', 'This token may not write orders of that account or workspace.');
    }
    const { created } = await this.orders.save([toOrderRecord(id, body)]);
    response.status(created.has(id) ? 201 : 200);
    return this.find(id, actor);
  }
}

function nothing(id: number): never {
  throw new ProblemError(404, 'ORDER_NOT_FOUND', `There is no order with the id ${id}.`);
}

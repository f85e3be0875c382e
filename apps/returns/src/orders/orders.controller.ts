import { refuseReservedId } from '@lockstep/ownership';
import { Answers, ProblemError, Requires } from '@lockstep/service';
import { Body, Controller, Get, Param, Put, Res } from '@nestjs/common';
import type { Response } from 'express';
import { OrderBody, OrderView, toOrderRecord } from './order-body.js';
import { OrdersStore } from './orders.store.js';
import { PathIdPipe } from './path-id.pipe.js';

/** Orders, one by one. */
@Controller('api/orders')
export class OrdersController {
  constructor(private readonly orders: OrdersStore) {}

  @Get(':id')
  @Requires('viewer')
  @Answers(200, OrderView)
  async find(@Param('id', PathIdPipe) id: number): Promise<OrderView> {
    const order = await this.orders.find(id);
    if (!order) throw new ProblemError(404, 'ORDER_NOT_FOUND', `There is no order with the id ${id}.`);
    return order;
  }

  @Put(':id')
  @Requires('operator')
  @Answers(200, OrderView)
  @Answers(201, OrderView)
  async put(
    @Param('id', PathIdPipe) id: number,
    @Body() body: OrderBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OrderView> {
    await refuseReservedId(id, async () => (await this.orders.find(id)) !== undefined);
    const { created } = await this.orders.save([toOrderRecord(id, body)]);
    response.status(created.has(id) ? 201 : 200);
    return this.find(id);
  }
}

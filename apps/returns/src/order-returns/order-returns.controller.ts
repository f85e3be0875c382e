import { refuseReservedId } from '@lockstep/ownership';
import { Answers, ProblemError, Requires } from '@lockstep/service';
import { Body, Controller, Delete, Get, HttpCode, Param, Put, Res } from '@nestjs/common';
import type { Response } from 'express';
import { PathIdPipe } from '../orders/path-id.pipe.js';
import { OrderReturnBody, OrderReturnView, toOrderReturnRecord } from './order-return-body.js';
import { OrderReturnsStore } from './order-returns.store.js';

/** Returns, one by one. */
@Controller('api/returns')
export class OrderReturnsController {
  constructor(private readonly returns: OrderReturnsStore) {}

  @Get(':id')
  @Requires('viewer')
  @Answers(200, OrderReturnView)
  async find(@Param('id', PathIdPipe) id: number): Promise<OrderReturnView> {
    return (await this.returns.find(id)) ?? nothing(id);
  }

  @Put(':id')
  @Requires('operator')
  @Answers(200, OrderReturnView)
  @Answers(201, OrderReturnView)
  async put(
    @Param('id', PathIdPipe) id: number,
    @Body() body: OrderReturnBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<OrderReturnView> {
    await refuseReservedId(id, async () => (await this.returns.find(id)) !== undefined);
    response.status((await this.returns.save(toOrderReturnRecord(id, body))) ? 201 : 200);
    return this.find(id);
  }

  @Delete(':id')
  @Requires('operator')
  @HttpCode(204)
  @Answers(204)
  async remove(@Param('id', PathIdPipe) id: number): Promise<void> {
    if (!(await this.returns.remove(id))) nothing(id);
  }
}

function nothing(id: number): never {
  throw new ProblemError(404, 'RETURN_NOT_FOUND', `There is no return with the id ${id}.`);
}

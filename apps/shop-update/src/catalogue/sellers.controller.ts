import { refuseReservedId } from '@lockstep/ownership';
import { Answers, type Page, PathIdPipe, Requires } from '@lockstep/service';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Put, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { SellersQuery } from './catalogue.query.js';
import { notFound } from './catalogue-problems.js';
import { SellerBody, SellerPatch, SellerView } from './seller-body.js';
import { SellersStore } from './sellers.store.js';

/** Who sells. */
@Controller('api/sellers')
export class SellersController {
  constructor(private readonly sellers: SellersStore) {}

  @Get()
  @Requires('viewer')
  @Answers(200, SellerView, { page: true })
  list(@Query() query: SellersQuery): Promise<Page<SellerView>> {
    return this.sellers.list(query);
  }

  @Get(':id')
  @Requires('viewer')
  @Answers(200, SellerView)
  async find(@Param('id', PathIdPipe) id: number): Promise<SellerView> {
    return (await this.sellers.find(id)) ?? nothing(id);
  }

  @Put(':id')
  @Requires('operator')
  @Answers(200, SellerView)
  @Answers(201, SellerView)
  async put(
    @Param('id', PathIdPipe) id: number,
    @Body() body: SellerBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<SellerView> {
    await refuseReservedId(id, async () => (await this.sellers.find(id)) !== undefined);
    response.status((await this.sellers.save(id, body)) ? 201 : 200);
    return this.find(id);
  }

  @Patch(':id')
  @Requires('operator')
  @Answers(200, SellerView)
  async patch(@Param('id', PathIdPipe) id: number, @Body() patch: SellerPatch): Promise<SellerView> {
    return (await this.sellers.patch(id, patch)) ? this.find(id) : nothing(id);
  }

  @Delete(':id')
  @Requires('operator')
  @HttpCode(204)
  @Answers(204)
  async remove(@Param('id', PathIdPipe) id: number): Promise<void> {
    if (!(await this.sellers.remove(id))) nothing(id);
  }
}

function nothing(id: number): never {
  return notFound('seller', 'SELLER_NOT_FOUND', id);
}

import { refuseReservedId } from '@lockstep/ownership';
import { Answers, type Page, PathIdPipe, Requires } from '@lockstep/service';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Put, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { ProductSetsQuery } from './catalogue.query.js';
import { notFound } from './catalogue-problems.js';
import { ProductSetBody, ProductSetPatch, ProductSetView } from './product-set-body.js';
import { ProductSetsStore } from './product-sets.store.js';

/** What variations have in common. */
@Controller('api/product-sets')
export class ProductSetsController {
  constructor(private readonly productSets: ProductSetsStore) {}

  @Get()
  @Requires('viewer')
  @Answers(200, ProductSetView, { page: true })
  list(@Query() query: ProductSetsQuery): Promise<Page<ProductSetView>> {
    return this.productSets.list(query);
  }

  @Get(':id')
  @Requires('viewer')
  @Answers(200, ProductSetView)
  async find(@Param('id', PathIdPipe) id: number): Promise<ProductSetView> {
    return (await this.productSets.find(id)) ?? nothing(id);
  }

  @Put(':id')
  @Requires('operator')
  @Answers(200, ProductSetView)
  @Answers(201, ProductSetView)
  async put(
    @Param('id', PathIdPipe) id: number,
    @Body() body: ProductSetBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ProductSetView> {
    await refuseReservedId(id, async () => (await this.productSets.find(id)) !== undefined);
    response.status((await this.productSets.save(id, body)) ? 201 : 200);
    return this.find(id);
  }

  @Patch(':id')
  @Requires('operator')
  @Answers(200, ProductSetView)
  async patch(@Param('id', PathIdPipe) id: number, @Body() patch: ProductSetPatch): Promise<ProductSetView> {
    return (await this.productSets.patch(id, patch)) ? this.find(id) : nothing(id);
  }

  @Delete(':id')
  @Requires('operator')
  @HttpCode(204)
  @Answers(204)
  async remove(@Param('id', PathIdPipe) id: number): Promise<void> {
    if (!(await this.productSets.remove(id))) nothing(id);
  }
}

function nothing(id: number): never {
  return notFound('product set', 'PRODUCT_SET_NOT_FOUND', id);
}

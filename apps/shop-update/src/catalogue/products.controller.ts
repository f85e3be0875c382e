import { refuseReservedId } from '@lockstep/ownership';
import { Answers, type Page, PathIdPipe, Requires } from '@lockstep/service';
import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Put, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { ProductsQuery } from './catalogue.query.js';
import { notFound } from './catalogue-problems.js';
import { ProductBody, ProductPatch, ProductView } from './product-body.js';
import { ProductsStore } from './products.store.js';

/** What is sold. */
@Controller('api/products')
export class ProductsController {
  constructor(private readonly products: ProductsStore) {}

  @Get()
  @Requires('viewer')
  @Answers(200, ProductView, { page: true })
  list(@Query() query: ProductsQuery): Promise<Page<ProductView>> {
    return this.products.list(query);
  }

  @Get(':id')
  @Requires('viewer')
  @Answers(200, ProductView)
  async find(@Param('id', PathIdPipe) id: number): Promise<ProductView> {
    return (await this.products.find(id)) ?? nothing(id);
  }

  @Put(':id')
  @Requires('operator')
  @Answers(200, ProductView)
  @Answers(201, ProductView)
  async put(
    @Param('id', PathIdPipe) id: number,
    @Body() body: ProductBody,
    @Res({ passthrough: true }) response: Response,
  ): Promise<ProductView> {
    await refuseReservedId(id, async () => (await this.products.find(id)) !== undefined);
    response.status((await this.products.save(id, body)) ? 201 : 200);
    return this.find(id);
  }

  @Patch(':id')
  @Requires('operator')
  @Answers(200, ProductView)
  async patch(@Param('id', PathIdPipe) id: number, @Body() patch: ProductPatch): Promise<ProductView> {
    return (await this.products.patch(id, patch)) ? this.find(id) : nothing(id);
  }

  @Delete(':id')
  @Requires('operator')
  @HttpCode(204)
  @Answers(204)
  async remove(@Param('id', PathIdPipe) id: number): Promise<void> {
    if (!(await this.products.remove(id))) nothing(id);
  }
}

function nothing(id: number): never {
  return notFound('product', 'PRODUCT_NOT_FOUND', id);
}

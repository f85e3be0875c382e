import { type Actor, Answers, CurrentActor, PathIdPipe, ProblemError, Public, Requires } from '@lockstep/service';
import { Body, Controller, Delete, Get, Header, HttpCode, Param, Post } from '@nestjs/common';
import { notFound } from '../catalogue/catalogue-problems.js';
import { ProductSyncAnswer, SyncLinkAnswer, SyncLinkBody } from './product-sync.answer.js';
import { ProductSync } from './product-sync.js';
import { SyncLinkStore } from './sync-link.store.js';

/** Why a product is, or is not, live: for operators, and by a link for its seller. */
@Controller('api')
export class ProductSyncController {
  constructor(
    private readonly products: ProductSync,
    private readonly links: SyncLinkStore,
  ) {}

  @Get('products/:id/sync')
  @Requires('viewer')
  @Answers(200, ProductSyncAnswer)
  async explain(@Param('id', PathIdPipe) id: number): Promise<ProductSyncAnswer> {
    return (await this.products.explain(id)) ?? notFound('product', 'PRODUCT_NOT_FOUND', id);
  }

  /** A link that shows this answer to whoever has it, until it expires. */
  @Post('products/:id/sync-link')
  @HttpCode(201)
  @Requires('operator')
  @Answers(201, SyncLinkAnswer)
  async share(
    @Param('id', PathIdPipe) id: number,
    @Body() body: SyncLinkBody,
    @CurrentActor() actor: Actor,
  ): Promise<SyncLinkAnswer> {
    await this.explain(id);
    const made = await this.links.create(id, body.expiresInHours, actor.id);
    return { id: made.id, url: `/api/product-sync/${made.token}`, expiresAt: made.expiresAt.toISOString() };
  }

  /** Ends all links of a product. */
  @Delete('products/:id/sync-link')
  @HttpCode(204)
  @Requires('operator')
  @Answers(204)
  async revoke(@Param('id', PathIdPipe) id: number): Promise<void> {
    await this.links.revoke(id);
  }

  /** For a seller. A link that is unknown, expired or revoked tells nothing of why. */
  @Get('product-sync/:token')
  @Public()
  @Header('Cache-Control', 'no-store')
  @Header('Referrer-Policy', 'no-referrer')
  @Header('X-Robots-Tag', 'noindex')
  @Answers(200, ProductSyncAnswer)
  async open(@Param('token') token: string): Promise<ProductSyncAnswer> {
    const productId = await this.links.productOf(token);
    const answer = productId === undefined ? undefined : await this.products.explain(productId, true);
    if (!answer) throw new ProblemError(403, 'SYNC_LINK_INVALID', 'This link is not valid, or no longer.');
    return answer;
  }
}

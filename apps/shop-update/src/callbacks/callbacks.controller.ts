import type { IncomingMessage } from 'node:http';
import { Consumes, failpoint, Public } from '@lockstep/service';
import { Controller, HttpCode, Logger, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { DataSource } from 'typeorm';
import { isWithin } from '../shop-config/network.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import { ShopUpdateConfig } from '../shop-update.config.js';
import { CallbackMetrics } from './callback-metrics.js';
import { clientAddress } from './client-address.js';
import { decideReplies, type Reply } from './decide-replies.js';
import { InboxStore } from './inbox.store.js';
import { readBatch } from './read-batch.js';
import { readBody } from './read-body.js';

/** Where it stands is part of what shops were told. */
export const CALLBACK_PATH = 'shop-update';

/**
 * The results that the shop calls back with, in JSON-RPC 2.0. Its own key and address stand in for a token. `success` means
 * that a result is kept, not that it is applied.
 */
@Controller(CALLBACK_PATH)
export class CallbacksController {
  private readonly log = new Logger('Callbacks');

  constructor(
    private readonly config: ShopUpdateConfig,
    private readonly dataSource: DataSource,
    private readonly settings: ShopSettings,
    private readonly inbox: InboxStore,
    private readonly metrics: CallbackMetrics,
  ) {}

  @Post()
  @Public()
  @HttpCode(200)
  @Consumes('*/*')
  async receive(
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<readonly Reply[] | undefined> {
    const text = await readBody(request as IncomingMessage);
    const settings = await this.settings.current(this.dataSource.manager);
    const trusted = settings.trustedProxies ?? this.config.trustProxy ?? null;
    const address = clientAddress(request.socket.remoteAddress ?? '', request.get('x-forwarded-for'), trusted);
    const { replies, accepted, unauthorized } = decideReplies(readBatch(text), {
      isAddressAllowed: isWithin(address, settings.callbackAllowedIps),
      headerKey: request.get('x-api-key'),
      keys: settings.callbackApiKeys,
    });
    this.metrics.refused.inc(unauthorized);
    if (unauthorized > 0) this.log.warn({ msg: 'callbacks were refused', address, calls: unauthorized });
    await this.inbox.keep(accepted, address);
    failpoint('shop-update.callback.kept');
    // To notifications alone nothing is answered.
    if (replies.length > 0) return replies;
    response.status(204);
    return undefined;
  }
}

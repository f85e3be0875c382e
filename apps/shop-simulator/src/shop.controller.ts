import { Controller, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { CallLog, type LoggedCall } from './call-log.js';
import { CallbackSender } from './callback-sender.js';
import { Conduct } from './conduct.js';
import { misshape } from './misshape.js';
import { type Entry, StockRoom } from './stock-room.js';

interface Block {
  readonly method?: string;
  readonly params?: Entry;
  readonly id?: unknown;
}

/** The shop's own interface: who calls, then what for; both flows, told apart by a header. */
@Controller('rpc')
export class ShopController {
  constructor(
    private readonly conduct: Conduct,
    private readonly room: StockRoom,
    private readonly log: CallLog,
    private readonly callbacks: CallbackSender,
  ) {}

  @Post()
  async call(@Req() request: Request, @Res() response: Response): Promise<void> {
    this.log.attempts += 1;
    const blocks = (Array.isArray(request.body) ? request.body : [request.body]) as readonly Block[];
    const auth = blocks.find(({ method }) => method === 'auth');
    const action = blocks.find(({ method }) => method !== 'auth') ?? {};
    const { method = '', params = {} } = action;
    const call = this.log.begin({
      requestId: String(action.id),
      method,
      flow: request.get('x-sc-flow') ?? 'synchronous',
      headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => name.startsWith('x-sc-'))),
      params,
    });
    await this.conduct.dawdle(this.conduct.behaviour.latencyMs);
    if (this.conduct.behaviour.down) return this.cutOff(call, request);
    await this.answer(call, auth, request, response);
  }

  private async answer(call: LoggedCall, auth: Block | undefined, request: Request, response: Response): Promise<void> {
    const skus = ((call.params['productsInfo'] ?? []) as readonly Entry[]).map((each) => String(each['seller_sku']));
    const rule = this.conduct.take(['status', 'nack', 'shape', 'reset', 'hang', 'error'], {
      method: call.method,
      skus,
    });
    const { username, password } = this.conduct.behaviour;
    const isStranger =
      (username !== null && auth?.params?.['username'] !== username) ||
      (password !== null && auth?.params?.['password'] !== password);
    if (rule?.effect === 'hang') return;
    if (rule?.effect === 'reset') return this.cutOff(call, request);
    if (isStranger || rule?.effect === 'error') {
      const error = { code: 1, message: isStranger ? 'Access denied' : (rule?.message ?? 'The shop is in trouble') };
      return this.reply(call, response, 200, JSON.stringify([{ api: 1, error, id: call.requestId }]));
    }
    if (rule?.effect === 'status') {
      if (rule.retryAfterSeconds !== undefined) response.set('Retry-After', String(rule.retryAfterSeconds));
      return this.reply(call, response, rule.status ?? 500, 'The shop is in trouble.');
    }
    const shape = rule?.effect === 'shape' ? rule.shape : undefined;
    if (shape === 'not_json' || shape === 'empty')
      return this.reply(call, response, 200, shape === 'empty' ? '' : '<html>Busy</html>');
    if (call.flow !== 'asynchronous') {
      const result = misshape(this.room.perform(call.method, call.params), shape);
      return this.reply(call, response, 200, envelope(result, call.requestId));
    }
    if (rule?.effect === 'nack')
      return this.reply(call, response, 200, envelope([{ status: 'failure' }], call.requestId));
    const result = this.room.perform(call.method, call.params);
    if (shape === 'sync_ack') return this.reply(call, response, 200, envelope(result, call.requestId));
    const callback = { requestId: call.requestId, result: misshape(result, shape) };
    if (this.conduct.behaviour.callbacks.mode === 'early') await this.callbacks.take(callback);
    this.reply(call, response, 200, envelope([{ status: 'success' }], call.requestId));
    if (this.conduct.behaviour.callbacks.mode !== 'early') await this.callbacks.take(callback);
  }

  private reply(call: LoggedCall, response: Response, status: number, text: string): void {
    this.log.end(call, status, text);
    response.status(status).type('application/json').send(text);
  }

  private cutOff(call: LoggedCall, request: Request): void {
    this.log.end(call, null, null);
    request.socket.destroy();
  }
}

function envelope(result: unknown, id: string): string {
  return JSON.stringify([{ api: 1, result, id }]);
}

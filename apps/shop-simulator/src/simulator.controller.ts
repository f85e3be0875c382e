import { Body, Controller, Delete, Get, HttpCode, NotFoundException, Param, Post, Put, Query } from '@nestjs/common';
import { type Behaviour, BehaviourBody } from './behaviour.js';
import { CallLog, type LoggedCall } from './call-log.js';
import { CallbackSender, type SentCallback } from './callback-sender.js';
import { Conduct } from './conduct.js';
import { type ShopProduct, StockRoom } from './stock-room.js';

/** What people and tests ask of the simulator itself. */
@Controller()
export class SimulatorController {
  constructor(
    private readonly conduct: Conduct,
    private readonly room: StockRoom,
    private readonly log: CallLog,
    private readonly callbacks: CallbackSender,
  ) {}

  @Get('health/live')
  live(): { status: 'up' } {
    return { status: 'up' };
  }

  @Get('health/ready')
  ready(): { status: 'up' } {
    return { status: 'up' };
  }

  @Get('api/behaviour')
  show(): Behaviour {
    return this.conduct.behaviour;
  }

  @Put('api/behaviour')
  change(@Body() body: BehaviourBody): Behaviour {
    return this.conduct.change(body);
  }

  /** In the order of arrival. */
  @Get('api/calls')
  calls(@Query('method') method?: string): { attempts: number; items: readonly LoggedCall[] } {
    const items = this.log.list().filter((call) => method === undefined || call.method === method);
    return { attempts: this.log.attempts, items };
  }

  @Get('api/products')
  products(): { items: readonly ShopProduct[] } {
    return { items: this.room.list() };
  }

  /** What was called back, and which results wait to be asked for. */
  @Get('api/callbacks')
  sent(): { waiting: readonly string[]; sent: readonly SentCallback[] } {
    return { waiting: this.callbacks.waiting, sent: this.callbacks.sent };
  }

  @Post('api/callbacks/:requestId/send')
  @HttpCode(202)
  async send(@Param('requestId') requestId: string): Promise<void> {
    if (!(await this.callbacks.release(requestId))) throw new NotFoundException();
  }

  @Delete('api/calls')
  @HttpCode(204)
  forgetCalls(): void {
    this.log.clear();
  }

  /** Everything as at the start; ids are not given twice. */
  @Post('api/reset')
  @HttpCode(204)
  reset(): void {
    this.conduct.reset();
    this.room.clear();
    this.log.clear();
    this.callbacks.clear();
  }
}

import { Answers, PathIdPipe, ProblemError, Requires } from '@lockstep/service';
import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { CallbackRow, CallbacksAnswer, CallbacksQuery } from './callbacks.answer.js';
import { InboxStore } from './inbox.store.js';

/** What the shop has called back with: applied, said twice, asked by nobody, too late. */
@Controller('api/shop-update/callbacks')
export class CallbackListController {
  constructor(private readonly inbox: InboxStore) {}

  @Get()
  @Requires('viewer')
  @Answers(200, CallbacksAnswer)
  list(@Query() query: CallbacksQuery): Promise<CallbacksAnswer> {
    return this.inbox.list(query);
  }

  @Get(':id')
  @Requires('viewer')
  @Answers(200, CallbackRow)
  async find(@Param('id', PathIdPipe) id: number): Promise<CallbackRow> {
    return (await this.inbox.find(id)) ?? nothing(id);
  }

  /** Judges it again, as if it had just come. */
  @Post(':id/apply')
  @Requires('operator')
  @HttpCode(202)
  @Answers(202, CallbackRow)
  async apply(@Param('id', PathIdPipe) id: number): Promise<CallbackRow> {
    return (await this.inbox.reapply(id)) ? this.find(id) : nothing(id);
  }
}

function nothing(id: number): never {
  throw new ProblemError(404, 'CALLBACK_NOT_FOUND', `There is no callback with the id ${id}.`);
}

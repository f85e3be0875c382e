import { type Actor, Answers, CurrentActor, Requires } from '@lockstep/service';
import { Body, Controller, HttpCode, Post, Res } from '@nestjs/common';
import type { Response } from 'express';
import { refuseLimited } from '../orders/tenant.js';
import { StartedAnswer } from '../windows/sync.answer.js';
import { ResyncBody } from '../windows/sync.body.js';
import { Backfills } from './backfills.js';
import { DryRunAnswer, HistoricBody } from './historic-body.js';

/** Runs beside the windows: a time's worth of returns, some by id, or a comparison of all. */
@Controller('api/returns/sync')
export class BackfillsController {
  constructor(private readonly backfills: Backfills) {}

  /** Indexes again what was created in a time; with `dryRun` only says how much that is. */
  @Post('historic')
  @Requires('operator')
  @HttpCode(202)
  @Answers(202, StartedAnswer)
  @Answers(200, DryRunAnswer)
  historic(
    @Body() body: HistoricBody,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StartedAnswer | DryRunAnswer> {
    refuseLimited(actor);
    return this.backfills.historic(body, actor.name, response);
  }

  @Post('resync')
  @Requires('operator')
  @HttpCode(202)
  @Answers(202, StartedAnswer)
  resync(
    @Body() body: ResyncBody,
    @CurrentActor() actor: Actor,
    @Res({ passthrough: true }) response: Response,
  ): Promise<StartedAnswer> {
    refuseLimited(actor);
    return this.backfills.resync(body.ids, actor.name, response);
  }

  /** Compares the index with the database and writes what differs. */
  @Post('verify')
  @Requires('operator')
  @HttpCode(202)
  @Answers(202, StartedAnswer)
  verify(@CurrentActor() actor: Actor, @Res({ passthrough: true }) response: Response): Promise<StartedAnswer> {
    refuseLimited(actor);
    return this.backfills.verify(actor.name, response);
  }
}

import type { Generation } from '@lockstep/search';
import {
  type Actor,
  Answers,
  CurrentActor,
  GenerationAnswer,
  ProblemError,
  Requires,
  toGenerationAnswer,
} from '@lockstep/service';
import { Controller, Get, HttpCode, Param, ParseUUIDPipe, Post, Res } from '@nestjs/common';
import type { Response } from 'express';
import { refuseLimited } from '../../orders/tenant.js';
import { ReturnFamily } from '../return-family.js';
import { RebuildAnswer, ReturnIndexAnswer } from './rebuild.answer.js';
import { type Rebuild, RebuildStore } from './rebuild.store.js';

const SHOWN_REBUILDS = 20;

/** The index that returns are searched in: what is served, a new generation, and the way back. It is of all tenants together. */
@Controller('api/returns/index')
export class ReturnIndexController {
  constructor(
    private readonly family: ReturnFamily,
    private readonly store: RebuildStore,
  ) {}

  /** Generations, and the newest rebuilds. */
  @Get()
  @Requires('viewer')
  @Answers(200, ReturnIndexAnswer)
  async show(@CurrentActor() actor: Actor): Promise<ReturnIndexAnswer> {
    refuseLimited(actor);
    const { active, previous, building, rebuildReason } = await (await this.family.ready()).status();
    const rebuilds = await this.store.latest(SHOWN_REBUILDS);
    const name = (generation: Generation | null) => generation?.indexName ?? null;
    return {
      active: name(active),
      previous: name(previous),
      building: name(building),
      rebuildReason,
      rebuilds: rebuilds.map(toAnswer),
    };
  }

  /** Begins a rebuild in a new generation; readers keep the former one until it was compared with PostgreSQL. */
  @Post('rebuild')
  @Requires('operator')
  @HttpCode(202)
  @Answers(202, RebuildAnswer)
  async begin(@Res({ passthrough: true }) response: Response, @CurrentActor() actor: Actor): Promise<RebuildAnswer> {
    refuseLimited(actor);
    const { rebuild, isNew } = await this.store.ask(actor.name);
    const { runId } = rebuild;
    if (!isNew) throw new ProblemError(409, 'REBUILD_ALREADY_RUNNING', 'A rebuild has not ended yet.', { runId });
    response.location(`/api/returns/index/rebuilds/${runId}`);
    return toAnswer(rebuild);
  }

  @Get('rebuilds/:runId')
  @Requires('viewer')
  @Answers(200, RebuildAnswer)
  async find(@Param('runId', ParseUUIDPipe) runId: string, @CurrentActor() actor: Actor): Promise<RebuildAnswer> {
    refuseLimited(actor);
    return toAnswer((await this.store.find(runId)) ?? nothing(runId));
  }

  /** Lets a rebuild go on that is held because it would show many more or fewer returns. */
  @Post('rebuilds/:runId/approve')
  @Requires('admin')
  @HttpCode(202)
  @Answers(202, RebuildAnswer)
  async approve(@Param('runId', ParseUUIDPipe) runId: string, @CurrentActor() actor: Actor): Promise<RebuildAnswer> {
    refuseLimited(actor);
    const run = (await this.store.find(runId)) ?? nothing(runId);
    if (run.state !== 'held')
      throw new ProblemError(409, 'REBUILD_NOT_HELD', `The rebuild is ${run.state}.`, { runId });
    const family = await this.family.ready();
    await family.approve(await family.generationOf(runId), actor.name);
    await this.store.release(runId);
    return this.find(runId, actor);
  }

  /** Readers keep what they have. */
  @Post('rebuilds/:runId/cancel')
  @Requires('operator')
  @HttpCode(202)
  @Answers(202, RebuildAnswer)
  async cancel(@Param('runId', ParseUUIDPipe) runId: string, @CurrentActor() actor: Actor): Promise<RebuildAnswer> {
    refuseLimited(actor);
    const { state } = (await this.store.find(runId)) ?? nothing(runId);
    if (!(await this.store.end(runId, 'cancelled'))) {
      throw new ProblemError(409, 'REBUILD_ENDED', `The rebuild is ${state}.`, { runId });
    }
    return this.find(runId, actor);
  }

  /** Shows readers the former generation again, which has had every change since. */
  @Post('rollback')
  @HttpCode(200)
  @Requires('admin')
  @Answers(200, GenerationAnswer)
  async rollback(@CurrentActor() actor: Actor): Promise<GenerationAnswer> {
    refuseLimited(actor);
    return toGenerationAnswer(await (await this.family.ready()).rollback());
  }

  /** Undoes a rollback. */
  @Post('rollforward')
  @HttpCode(200)
  @Requires('admin')
  @Answers(200, GenerationAnswer)
  async rollforward(@CurrentActor() actor: Actor): Promise<GenerationAnswer> {
    refuseLimited(actor);
    return toGenerationAnswer(await (await this.family.ready()).rollforward());
  }
}

function toAnswer({ fence: _, refused: __, createdAt, startedAt, finishedAt, ...rebuild }: Rebuild): RebuildAnswer {
  return {
    ...rebuild,
    createdAt: createdAt.toISOString(),
    startedAt: startedAt?.toISOString() ?? null,
    finishedAt: finishedAt?.toISOString() ?? null,
  };
}

function nothing(runId: string): never {
  throw new ProblemError(404, 'REBUILD_NOT_FOUND', `There is no rebuild ${runId}.`);
}

import { Answers, GenerationAnswer, Requires, toGenerationAnswer } from '@lockstep/service';
import { Controller, HttpCode, Post } from '@nestjs/common';
import { VerificationAnswer } from './master-index.answer.js';
import { RebuildSteps } from './rebuild-steps.js';

/** What an operator can do with the master index that is being served. */
@Controller('api/sync')
export class MasterIndexController {
  constructor(private readonly steps: RebuildSteps) {}

  /** Compares the index with PostgreSQL, writes again what differs, and reports the drift. */
  @Post('verify')
  @HttpCode(200)
  @Requires('operator')
  @Answers(200, VerificationAnswer)
  async verify(): Promise<VerificationAnswer> {
    const { outcome, problems, live, tombstones, sampled, healed, checkedAt } = await this.steps.check();
    return {
      outcome: outcome === 'failed' ? 'drift' : 'equal',
      problems: [...problems],
      live,
      tombstones,
      sampled,
      healed,
      checkedAt,
    };
  }

  /** Shows readers the former generation again. */
  @Post('rollback')
  @HttpCode(200)
  @Requires('admin')
  @Answers(200, GenerationAnswer)
  async rollback(): Promise<GenerationAnswer> {
    return toGenerationAnswer(await this.steps.exchange('rollback'));
  }

  /** Undoes a rollback. */
  @Post('rollforward')
  @HttpCode(200)
  @Requires('admin')
  @Answers(200, GenerationAnswer)
  async rollforward(): Promise<GenerationAnswer> {
    return toGenerationAnswer(await this.steps.exchange('rollforward'));
  }
}

import { type Generation, NoPreviousGenerationError } from '@lockstep/search';
import { Answers, ProblemError, Requires } from '@lockstep/service';
import { Controller, HttpCode, Post } from '@nestjs/common';
import { GenerationAnswer, VerificationAnswer } from './master-index.answer.js';
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
  rollback(): Promise<GenerationAnswer> {
    return this.exchange('rollback');
  }

  /** Undoes a rollback. */
  @Post('rollforward')
  @HttpCode(200)
  @Requires('admin')
  @Answers(200, GenerationAnswer)
  rollforward(): Promise<GenerationAnswer> {
    return this.exchange('rollforward');
  }

  private async exchange(direction: 'rollback' | 'rollforward'): Promise<GenerationAnswer> {
    try {
      return toAnswer(await this.steps.exchange(direction));
    } catch (error) {
      if (!(error instanceof NoPreviousGenerationError)) throw error;
      throw new ProblemError(409, error.code, `There is no generation to ${direction} to.`);
    }
  }
}

function toAnswer({ indexName, number, runId, activatedAt }: Generation): GenerationAnswer {
  return { generation: indexName, number, runId, activatedAt: activatedAt?.toISOString() ?? null };
}

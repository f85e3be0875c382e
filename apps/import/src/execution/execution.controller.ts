import { inTransaction } from '@lockstep/database';
import { Answers, ProblemError, Requires } from '@lockstep/service';
import { Controller, HttpCode, Param, ParseUUIDPipe, Post } from '@nestjs/common';
import { IsIn, IsUUID } from 'class-validator';
import { DataSource } from 'typeorm';
import { BATCH_STATES } from '../statuses.js';
import type { BatchCommand } from './decide-batch.js';
import { Execution } from './execution.js';

/** The state that follows a command. */
export class BatchCommandAnswer {
  @IsUUID()
  importBatchId!: string;

  @IsIn([...BATCH_STATES])
  importBatchStatus!: string;
}

/** What an operator does to an import that is being worked on, or was. */
@Controller('api/imports/:importBatchId')
export class ExecutionController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly execution: Execution,
  ) {}

  /** Asks again for what failed, was blocked or cancelled; what is complete is never sent again. */
  @Post('retry')
  @HttpCode(202)
  @Requires('operator')
  @Answers(202, BatchCommandAnswer)
  retry(@Param('importBatchId', ParseUUIDPipe) id: string): Promise<BatchCommandAnswer> {
    return this.command(id, 'retry');
  }

  /** Asks for nothing more; what is being asked is still recorded. */
  @Post('cancel')
  @HttpCode(202)
  @Requires('operator')
  @Answers(202, BatchCommandAnswer)
  cancel(@Param('importBatchId', ParseUUIDPipe) id: string): Promise<BatchCommandAnswer> {
    return this.command(id, 'cancel');
  }

  @Post('pause')
  @HttpCode(202)
  @Requires('operator')
  @Answers(202, BatchCommandAnswer)
  pause(@Param('importBatchId', ParseUUIDPipe) id: string): Promise<BatchCommandAnswer> {
    return this.command(id, 'pause');
  }

  @Post('resume')
  @HttpCode(202)
  @Requires('operator')
  @Answers(202, BatchCommandAnswer)
  resume(@Param('importBatchId', ParseUUIDPipe) id: string): Promise<BatchCommandAnswer> {
    return this.command(id, 'resume');
  }

  private async command(id: string, command: BatchCommand): Promise<BatchCommandAnswer> {
    const outcome = await inTransaction(this.dataSource, (manager) => this.execution.command(manager, id, command));
    if (!outcome) throw new ProblemError(404, 'IMPORT_NOT_FOUND', 'There is no import with this id.');
    if (outcome.to === null) {
      const detail = `An import that is ${outcome.from} cannot be given the command ${command}.`;
      throw new ProblemError(409, 'IMPORT_COMMAND_NOT_POSSIBLE', detail, {
        importBatchId: id,
        importBatchStatus: outcome.from,
      });
    }
    return { importBatchId: id, importBatchStatus: outcome.to };
  }
}

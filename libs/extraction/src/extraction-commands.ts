import type { SyncStartV1 } from '@lockstep/contracts';
import { ack, dead, type ReceivedMessage, type Verdict } from '@lockstep/messaging';
import { failpoint } from '@lockstep/service';
import { Inject, Injectable } from '@nestjs/common';
import { ExtractionStore } from './extraction.store.js';
import { EXTRACTION_SOURCE, type ExtractionSource } from './extraction-source.js';

/**
 * Takes the commands to send records. The answer to a command is its plan in the database; sending is the worker's.
 *
 * @example
 * ```ts
 * @Controller()
 * export class SyncStartConsumer {
 *   constructor(private readonly commands: ExtractionCommands) {}
 *   @QueueHandler(connectionSyncStartQueue)
 *   handle(batch: ReceivedMessage<SyncStartV1>[]): Promise<Verdict[]> { return this.commands.take(batch); }
 * }
 * ```
 */
@Injectable()
export class ExtractionCommands {
  constructor(
    private readonly extractions: ExtractionStore,
    @Inject(EXTRACTION_SOURCE) private readonly source: ExtractionSource,
  ) {}

  /** One verdict a command, in order; a phase that the source does not serve is parked. Throws what the database threw. */
  async take(batch: readonly ReceivedMessage<SyncStartV1>[]): Promise<Verdict[]> {
    const verdicts: Verdict[] = [];
    for (const { payload } of batch) verdicts.push(await this.accept(payload));
    return verdicts;
  }

  private async accept(command: SyncStartV1): Promise<Verdict> {
    const { phase, service } = this.source;
    if (command.phase !== phase) return dead(`PHASE_NOT_SERVED: ${command.phase} is not sent by ${service}`);
    await this.extractions.accept(command);
    failpoint(`${service}.extraction.planned`);
    return ack();
  }
}

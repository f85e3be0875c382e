import { type IndexRebuildReportV1, indexRebuildReportedQueue } from '@lockstep/contracts';
import { ack, QueueHandler, type ReceivedMessage, type Verdict } from '@lockstep/messaging';
import { Controller } from '@nestjs/common';
import { IntegrationConfig } from '../integration.config.js';
import { next } from './next.js';
import { RunStore } from './run.store.js';

/** Takes what the projecting services report. A report of a former run, or after the last word, changes nothing. */
@Controller()
export class ProjectionReportsConsumer {
  constructor(
    private readonly runs: RunStore,
    private readonly config: IntegrationConfig,
  ) {}

  @QueueHandler(indexRebuildReportedQueue)
  async handle(messages: ReceivedMessage<IndexRebuildReportV1>[]): Promise<Verdict[]> {
    for (const { payload } of messages) await this.take(payload);
    return messages.map(() => ack());
  }

  private async take(report: IndexRebuildReportV1): Promise<void> {
    const { runId, fence, service: phase, expected, received, written, rejected } = report;
    const run = await this.runs.load(runId);
    if (run?.fence !== fence || run.phases.find((one) => one.name === phase)?.state !== 'running') return;
    await this.runs.setCounters(runId, phase, { expected, received, written, rejected });
    if (report.state === 'running') return;
    const error =
      report.state === 'failed'
        ? { code: 'PROJECTION_FAILED', message: `${phase}: ${report.error ?? 'no reason given'}` }
        : null;
    const rejectedRows = await this.runs.countErrors(runId);
    await this.runs.apply(runId, (current) =>
      next(
        current,
        { type: 'projectionEnded', at: current.readAt, phase, error, rejected, rejectedRows },
        this.config.policy,
      ),
    );
  }
}

import { importLinkRequest, importObjectRequest } from '@lockstep/contracts';
import { isBrokerGone, MessagePublisher, WokenLoop } from '@lockstep/messaging';
import { failpoint } from '@lockstep/service';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ImportConfig } from '../import.config.js';
import { type Dispatch, DispatchStore, dispatchChannel } from './dispatch.store.js';
import { RequestStore } from './request.store.js';

/** Requests built and published side by side: each may be a megabyte, and takes a connection while it is read. */
const SENT_TOGETHER = 8;
/** A notification can be lost with its connection. */
const LONGEST_IDLE_MS = 5_000;
const BACKOFF = { firstMs: 1_000, maxMs: 10_000 };

type Sending = 'sent' | 'split' | 'brokerGone' | 'refused';

/**
 * Sends the requests that are queued, in any number of replicas. One that dies between its claim and the broker's confirm
 * leaves a claim that runs out; what the broker had already is then sent twice, with the same keys.
 */
@Injectable()
export class Sender implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(Sender.name);
  private readonly loop: WokenLoop;

  constructor(
    private readonly config: ImportConfig,
    private readonly dataSource: DataSource,
    private readonly dispatches: DispatchStore,
    private readonly requests: RequestStore,
    private readonly publisher: MessagePublisher,
  ) {
    this.loop = new WokenLoop({
      dataSource,
      channel: dispatchChannel('import'),
      turn: () => this.sendDue(),
      onFailed: (error) => this.log.error(`Requests could not be sent: ${String(error)}`),
      backoff: BACKOFF,
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.loop.stop();
  }

  /** Sends what is due, once around; how long it may rest. Throws when the broker is gone, having put back what it had taken. */
  private async sendDue(): Promise<number> {
    const claimed = await this.dispatches.claim({
      limit: SENT_TOGETHER,
      maxInFlight: this.config.maxInFlight,
      claimMs: this.config.claimSeconds * 1_000,
    });
    if (claimed.length === 0) return restMs(await this.dispatches.nextDueInMs());
    failpoint('import.dispatch.claimed');
    const outcomes = await Promise.all(claimed.map((dispatch) => this.send(dispatch)));
    failpoint('import.dispatch.published');
    const idsOf = (outcome: Sending) => claimed.filter((_, index) => outcomes[index] === outcome).map(({ id }) => id);
    await this.dispatches.markSent(idsOf('sent'), this.config.answerSeconds * 1_000);
    failpoint('import.dispatch.sent');
    await this.dispatches.putBack(idsOf('refused'), this.config.firstBackoffMs, true);
    const gone = idsOf('brokerGone');
    await this.dispatches.putBack(gone, BACKOFF.firstMs, false);
    // Thrown, because the wait for a broker must not be cut short by what wakes this loop.
    if (gone.length > 0) throw new Error(`the broker is gone; ${gone.length} requests wait for it`);
    return 0;
  }

  private async send(dispatch: Dispatch): Promise<Sending> {
    try {
      const built = await this.requests.build(dispatch);
      if ('fits' in built) {
        await this.dispatches.split(this.dataSource.manager, dispatch, built.fits);
        return 'split';
      }
      const options = { runId: dispatch.batchId, itemCount: dispatch.items.length };
      if (dispatch.kind === 'object') {
        await this.publisher.publish(importObjectRequest(dispatch.service), built.body, options);
      } else {
        await this.publisher.publish(importLinkRequest(dispatch.service), built.body, options);
      }
      return 'sent';
    } catch (error) {
      this.log.warn(`Request ${dispatch.id} to ${dispatch.service} was not sent: ${String(error)}`);
      return isBrokerGone(error) ? 'brokerGone' : 'refused';
    }
  }
}

function restMs(dueInMs: number | null): number {
  return Math.min(Math.max(dueInMs ?? LONGEST_IDLE_MS, 1), LONGEST_IDLE_MS);
}

import { setTimeout as delay } from 'node:timers/promises';
import { importLinkRequest, importObjectRequest } from '@lockstep/contracts';
import { Listener } from '@lockstep/database';
import { isBrokerGone, MessagePublisher } from '@lockstep/messaging';
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
const BROKER_BACKOFF_MS = 1_000;

type Sending = 'sent' | 'split' | 'brokerGone' | 'refused';

/**
 * Sends the requests that are queued, in any number of replicas. One that dies between its claim and the broker's confirm
 * leaves a claim that runs out; what the broker had already is then sent twice, with the same keys.
 */
@Injectable()
export class Sender implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(Sender.name);
  private readonly stopping = new AbortController();
  private woken = new AbortController();
  private working: Promise<void> | undefined;
  private listener: Listener | undefined;

  constructor(
    private readonly config: ImportConfig,
    private readonly dataSource: DataSource,
    private readonly dispatches: DispatchStore,
    private readonly requests: RequestStore,
    private readonly publisher: MessagePublisher,
  ) {}

  onApplicationBootstrap(): void {
    this.listener = new Listener({
      url: this.config.databaseUrl,
      service: 'import',
      channels: [dispatchChannel('import')],
      onNotify: () => this.woken.abort(),
      onListening: () => this.woken.abort(),
    });
    this.listener.start();
    this.working = this.work();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    this.woken.abort();
    await this.working;
    await this.listener?.close();
  }

  /** Sends what is due, once around; the number of requests taken. */
  async sendDue(): Promise<number> {
    const claimed = await this.dispatches.claim({
      limit: SENT_TOGETHER,
      maxInFlight: this.config.maxInFlight,
      claimMs: this.config.claimSeconds * 1_000,
    });
    if (claimed.length === 0) return 0;
    failpoint('import.dispatch.claimed');
    const outcomes = await Promise.all(claimed.map((dispatch) => this.send(dispatch)));
    failpoint('import.dispatch.published');
    const idsOf = (outcome: Sending) => claimed.filter((_, index) => outcomes[index] === outcome).map(({ id }) => id);
    await this.dispatches.markSent(idsOf('sent'), this.config.answerSeconds * 1_000);
    failpoint('import.dispatch.sent');
    await this.dispatches.putBack(idsOf('refused'), this.config.firstBackoffMs, true);
    const gone = idsOf('brokerGone');
    await this.dispatches.putBack(gone, BROKER_BACKOFF_MS, false);
    if (gone.length > 0) await this.idle(BROKER_BACKOFF_MS);
    return claimed.length;
  }

  private async work(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const { signal } = this.woken;
      try {
        if ((await this.sendDue()) > 0) continue;
        await this.idle((await this.dispatches.nextDueInMs()) ?? LONGEST_IDLE_MS, signal);
      } catch (error) {
        if (!this.stopping.signal.aborted) this.log.error(`Requests could not be sent: ${String(error)}`);
        await this.idle(BROKER_BACKOFF_MS);
      }
      if (signal.aborted && !this.stopping.signal.aborted) this.woken = new AbortController();
    }
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

  private async idle(ms: number, woken?: AbortSignal): Promise<void> {
    const signal = woken ? AbortSignal.any([woken, this.stopping.signal]) : this.stopping.signal;
    await delay(Math.min(Math.max(ms, 1), LONGEST_IDLE_MS), undefined, { signal }).catch(() => undefined);
  }
}

import { WokenLoop } from '@lockstep/messaging';
import { failpoint } from '@lockstep/service';
import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ResultsStore } from '../queue/results.store.js';
import { CALLBACKS_CHANNEL, InboxStore, type ReceivedCallback } from './inbox.store.js';

/** Applied side by side: each takes a connection. */
const TAKEN_TOGETHER = 4;
/** A notification can be lost with its connection. */
const LONGEST_REST_MS = 5_000;
const BACKOFF = { firstMs: 250, maxMs: 10_000 };
/** After so many attempts nobody expects it to go well: it is set aside for somebody to look at. */
const MAX_ATTEMPTS = 8;
const FIRST_PUT_OFF_MS = 1_000;

/**
 * Applies callbacks in the order of their arrival, those of one request strictly so. One that fails is put off and delays no
 * other; one that dies midway is taken up again, and finds out whether it was applied.
 */
@Injectable()
export class CallbackApplier implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('Callbacks');
  private readonly loop: WokenLoop;

  constructor(
    dataSource: DataSource,
    private readonly inbox: InboxStore,
    private readonly results: ResultsStore,
  ) {
    this.loop = new WokenLoop({
      dataSource,
      channel: CALLBACKS_CHANNEL,
      turn: () => this.applyDue(),
      onFailed: (error) => this.log.error(`Callbacks could not be applied: ${String(error)}`),
      backoff: BACKOFF,
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  private async applyDue(): Promise<number> {
    const taken = await this.inbox.take(TAKEN_TOGETHER);
    await Promise.all(taken.map((callback) => this.applyOrPutOff(callback)));
    if (taken.length > 0) return 0;
    return Math.min((await this.inbox.nextDueInMs()) ?? LONGEST_REST_MS, LONGEST_REST_MS);
  }

  private async applyOrPutOff(callback: ReceivedCallback): Promise<void> {
    const { id, attempts } = callback;
    try {
      await this.apply(callback);
    } catch (error) {
      this.log.warn({ msg: 'a callback could not be applied', id, attempts, err: error });
      if (attempts >= MAX_ATTEMPTS) await this.inbox.settle(id, 'unusable', String(error));
      else await this.inbox.putOff(id, String(error), FIRST_PUT_OFF_MS * 2 ** (attempts - 1));
    }
  }

  private async apply(callback: ReceivedCallback): Promise<void> {
    failpoint('shop-update.callback.taken');
    const { id, requestId, params, attempts } = callback;
    const verdict = await this.results.apply(requestId, params.result);
    failpoint('shop-update.callback.applied');
    if (verdict !== 'duplicate') return this.inbox.settle(id, verdict, null);
    const earlier = await this.inbox.findEarlier(callback);
    // Nobody has answered it but this one, in an attempt that died before it could say so.
    if (earlier === undefined && attempts > 1) return this.inbox.settle(id, 'applied', null);
    const detail = earlier && !earlier.isSame ? 'It contradicts the one before, which stands.' : null;
    await this.inbox.settle(id, 'duplicate', detail);
  }
}

import { Clock } from '@lockstep/service';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { Caller, Deferral, SentCall, ShopCall } from '../queue/shop-call.js';
import type { ShopMethod } from '../queue/topics.js';
import { type Settings, toSettings } from '../shop-config/settings.js';
import { ShopSettings } from '../shop-config/shop-settings.store.js';
import { ShopUpdateConfig } from '../shop-update.config.js';
import { BreakerStore } from './breaker.store.js';
import { CallJournal } from './call-journal.js';
import { PROBE_MS } from './decide-breaker.js';
import {
  admitCall,
  type BreakerPair,
  type CallMade,
  isClosed,
  isTransportFailure,
  recordCall,
  restOf,
} from './decide-calls.js';
import { ShopClient } from './shop.client.js';

/** How long what was read of the breakers is good for: another process may have opened one. */
const FRESH_MS = 250;
const JUST_READ_MS = 500;
/** How often successes are told to the others, while there is nothing else to tell. */
const TELL_EVERY_MS = 5_000;
/** Whoever was let through to find out whether the shop is back has sent by then, or found nothing to send. */
const PROBE_UNUSED_MS = 1_000;
/** Nothing but a change of the settings ends a pause, and that wakes the workers. */
const PAUSED_MS = 60_000;

/** What this process last saw of the breakers of a method. */
interface Seen {
  readonly pair: BreakerPair;
  readonly atMs: number;
}

/** Successes that the other processes do not know of yet. */
interface Untold {
  readonly successes: number;
  readonly sinceMs: number;
}

/** Calls the shop unless it is paused, down or called fast enough already. What was not sent burns no retry. */
@Injectable()
export class ShopCaller implements Caller, OnApplicationShutdown {
  private readonly logger = new Logger('Shop');
  private readonly client: ShopClient;
  private read: { readonly settings: Settings; readonly atMs: number };
  private readonly seen = new Map<ShopMethod, Seen>();
  private readonly untold = new Map<ShopMethod, Untold>();
  /** Probes that this process was granted and has not sent yet, and since when. */
  private readonly unsentProbes = new Map<ShopMethod, number>();

  constructor(
    config: ShopUpdateConfig,
    private readonly dataSource: DataSource,
    private readonly settings: ShopSettings,
    private readonly breakers: BreakerStore,
    private readonly clock: Clock,
    private readonly journal: CallJournal,
  ) {
    this.client = new ShopClient(config.shopUrlAllowPrivate);
    this.read = { settings: toSettings(0, {}), atMs: Number.NEGATIVE_INFINITY };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.client.close();
  }

  async admit(method: ShopMethod, justRead?: Settings): Promise<Deferral | null> {
    const settings = this.keep(justRead ?? (await this.settings.current(this.dataSource.manager)));
    if (settings.shopUrl === null || settings.pausedMethods.includes(method))
      return { reason: 'paused', forMs: PAUSED_MS };
    const nowMs = this.clock.now().getTime();
    const known = this.knownPair(method, nowMs);
    if (known !== undefined && isClosed(known) && settings.maxCallsPerSecond === null) return null;
    const refused = known === undefined ? null : admitCall(known, nowMs, settings).deferral;
    if (refused?.reason === 'circuit_open') return refused;
    if (this.takeUnsentProbe(method, nowMs)) return null;
    const { pair, deferral } = await this.change(method, nowMs, (former) => admitCall(former, nowMs, settings));
    if (deferral === null && !isClosed(pair)) this.unsentProbes.set(method, nowMs);
    return deferral;
  }

  async send(call: ShopCall): Promise<SentCall> {
    const settings = this.isJustRead()
      ? this.read.settings
      : this.keep(await this.settings.current(this.dataSource.manager));
    this.unsentProbes.delete(call.method);
    const seen = this.seen.get(call.method);
    const isProbe = seen !== undefined && !isClosed(seen.pair);
    const startedAt = this.clock.now();
    const sent = await this.client.send(call, settings);
    const { outcome } = sent;
    const answeredAt = this.clock.now();
    const note = this.journal.record(call, sent, { startedAt, answeredAt, settings });
    const nowMs = answeredAt.getTime();
    if (!isProbe && !isTransportFailure(outcome) && this.keepToItself(call.method, nowMs)) return { ...outcome, note };
    const successes = this.untold.get(call.method)?.successes ?? 0;
    this.untold.set(call.method, { successes: 0, sinceMs: nowMs });
    const made: CallMade = { outcome, isProbe, successes };
    const changed = await this.change(call.method, nowMs, (former) => ({
      pair: recordCall(former, made, nowMs, settings),
    })).catch((err: unknown) => {
      // What the shop has said must still be applied: without it the call would be made again.
      this.logger.error({ msg: 'the breaker was not told of a call', requestId: call.id, err });
    });
    if (!changed || !isProbe || outcome.kind !== 'failed' || !isTransportFailure(outcome)) return { ...outcome, note };
    return { ...outcome, note, deferForMs: restOf(changed.pair, nowMs) };
  }

  private keep(settings: Settings): Settings {
    this.read = { settings, atMs: performance.now() };
    return settings;
  }

  /** A call follows its admission at once: what was read for that is good for it too. */
  private isJustRead(): boolean {
    return performance.now() - this.read.atMs < JUST_READ_MS;
  }

  /** True when a probe that was granted to this process before has come to nothing, so that it may be used now. */
  private takeUnsentProbe(method: ShopMethod, nowMs: number): boolean {
    const grantedAtMs = this.unsentProbes.get(method);
    if (grantedAtMs === undefined || nowMs - grantedAtMs < PROBE_UNUSED_MS) return false;
    this.unsentProbes.set(method, nowMs);
    return nowMs - grantedAtMs < PROBE_MS;
  }

  /** True for a success that others need not know of at once: it would cost as much as the call itself. */
  private keepToItself(method: ShopMethod, nowMs: number): boolean {
    const pair = this.seen.get(method)?.pair;
    const untold = this.untold.get(method) ?? { successes: 0, sinceMs: nowMs };
    const isCalm = pair !== undefined && pair.shop.consecutive === 0 && pair.method.consecutive === 0;
    if (!isCalm || nowMs - untold.sinceMs >= TELL_EVERY_MS) return false;
    this.untold.set(method, { ...untold, successes: untold.successes + 1 });
    return true;
  }

  /** What is known without asking. */
  private knownPair(method: ShopMethod, nowMs: number): BreakerPair | undefined {
    const seen = this.seen.get(method);
    return seen !== undefined && nowMs >= seen.atMs && nowMs - seen.atMs < FRESH_MS ? seen.pair : undefined;
  }

  private async change<T extends { readonly pair: BreakerPair }>(
    method: ShopMethod,
    nowMs: number,
    decide: (pair: BreakerPair) => T,
  ): Promise<T> {
    const decision = await this.breakers.change(method, nowMs, decide);
    const { shop } = decision.pair;
    this.seen.set(method, { pair: decision.pair, atMs: nowMs });
    // What one method finds out about the shop holds for all.
    for (const [other, { pair, atMs }] of this.seen) this.seen.set(other, { pair: { ...pair, shop }, atMs });
    return decision;
  }
}

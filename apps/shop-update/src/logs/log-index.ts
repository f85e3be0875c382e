import type { ShopLogEntryV1 } from '@lockstep/contracts';
import { type IndexMeta, type SearchEngine, type WriteOutcome } from '@lockstep/search';
import { Clock, SEARCH_ENGINE } from '@lockstep/service';
import { Inject, Injectable } from '@nestjs/common';
import { ShopUpdateConfig } from '../shop-update.config.js';
import { dayOf, logSchema, toLogWrite } from './log-document.js';

const FAMILY = 'shop_log';
/** Every day that is complete: our searches read these one by one, tools of the engine's own all at once. */
const LOG_ALIAS = 'shop_logs';

const DAY_MS = 86_400_000;

/** The log: an index a day, made with the first entry of the day and dropped when its time is over. */
@Injectable()
export class LogIndex {
  /** Days whose index this process has seen complete. */
  private readonly ready = new Set<string>();

  constructor(
    @Inject(SEARCH_ENGINE) private readonly engine: SearchEngine,
    private readonly config: ShopUpdateConfig,
    private readonly clock: Clock,
  ) {}

  /** One outcome an entry, in their order. An entry too old to be kept counts as written. */
  async write(entries: readonly ShopLogEntryV1[]): Promise<WriteOutcome[]> {
    const firstDay = this.firstDay();
    const days = entries.map(({ at }) => dayOf(at));
    for (const day of new Set(days)) if (day >= firstDay) await this.makeDay(day);
    const kept = entries.flatMap((entry, at) => (days[at]! >= firstDay ? [{ entry, at }] : []));
    const outcomes: WriteOutcome[] = entries.map(() => ({ status: 'ok' }));
    const written = await this.engine.bulk(kept.map(({ entry, at }) => toLogWrite(indexOf(days[at]!), entry)));
    for (const [place, outcome] of written.entries()) outcomes[kept[place]!.at] = outcome;
    // Somebody removed the index of a running day: the next attempt makes it anew.
    if (written.some(({ status }) => status === 'missing')) this.ready.clear();
    return outcomes;
  }

  /** Days that can be read, the newest first; of those in which the range lies. One whose index is being made is not yet. */
  async days(from: Date, to: Date): Promise<string[]> {
    const [first, last] = [dayOf(from.toISOString()), dayOf(to.toISOString())];
    const days = (await this.engine.aliasTargets(LOG_ALIAS)).map(toDay);
    return days
      .filter((day) => day >= first && day <= last && day >= this.firstDay())
      .sort()
      .reverse();
  }

  /** Drops the days whose time is over; answers them. */
  async dropOutdated(): Promise<string[]> {
    const outdated = (await this.allDays()).filter((day) => day < this.firstDay());
    for (const day of outdated) {
      await this.engine.deleteIndex(indexOf(day));
      this.ready.delete(day);
    }
    return outdated;
  }

  /** Every day that is kept, the oldest first. */
  private async allDays(): Promise<string[]> {
    const indices = await this.engine.listIndices();
    return indices.filter(({ meta }) => meta.family === FAMILY).map(({ name }) => toDay(name));
  }

  private firstDay(): string {
    return dayOf(new Date(this.clock.now().getTime() - this.config.logRetentionDays * DAY_MS).toISOString());
  }

  /** Every step may be done twice, and by several replicas at once. */
  private async makeDay(day: string): Promise<void> {
    if (this.ready.has(day)) return;
    const index = indexOf(day);
    await this.engine.createIndex(index, logSchema, metaOf(day));
    await this.engine.finishFill(index);
    const targets = await this.engine.aliasTargets(LOG_ALIAS);
    if (!targets.includes(index)) await this.engine.swapAliases(logSchema, [{ alias: LOG_ALIAS, from: [], to: index }]);
    this.ready.add(day);
  }
}

/** The index of a day. */
export function indexOf(day: string): string {
  return `${FAMILY}-${day}`;
}

function toDay(index: string): string {
  return index.slice(FAMILY.length + 1);
}

function metaOf(day: string): IndexMeta {
  return {
    family: FAMILY,
    generation: Number(day),
    fence: 0,
    runId: null,
    installation: 'shop-update',
    schemaHash: logSchema.hash,
  };
}

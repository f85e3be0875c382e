import type { Stage } from '../stage/stage.js';

const ALIASES = ['masterdoctorindex', 'current_connections', 'discrepancies'];
/** Readers that never rest would take from the services the CPU that a rebuild needs. */
const PAUSE_MS = 40;

/** What readers of the aliases saw while something happened. */
export interface Sight {
  reads: number;
  /** Answers that were no answer. */
  errors: string[];
  /** Fewest rows seen at any moment, by alias. */
  fewest: Record<string, number>;
}

/** Readers that ask every alias again and again until they are told to stop. */
export class Readers {
  private isStopping = false;
  private readonly sight: Sight = { reads: 0, errors: [], fewest: {} };
  private readonly working: Promise<void>[];

  constructor(private readonly stage: Stage) {
    this.working = ALIASES.map((alias) => this.read(alias));
  }

  async stop(): Promise<Sight> {
    this.isStopping = true;
    await Promise.all(this.working);
    return this.sight;
  }

  private async read(alias: string): Promise<void> {
    while (!this.isStopping) {
      try {
        const count = await this.stage.index.count(alias);
        this.sight.fewest[alias] = Math.min(count, this.sight.fewest[alias] ?? count);
        this.sight.reads += 1;
      } catch (error) {
        this.sight.errors.push(`${alias}: ${String(error)}`);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** Rows that each alias shows now: what readers must never see less of. */
export async function countRows(stage: Stage): Promise<Record<string, number>> {
  const counts = await Promise.all(ALIASES.map(async (alias) => [alias, await stage.index.count(alias)] as const));
  return Object.fromEntries(counts);
}

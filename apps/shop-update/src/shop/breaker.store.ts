import { inTransaction } from '@lockstep/database';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import type { ShopMethod } from '../queue/topics.js';
import { type BreakerState, newBreaker } from './decide-breaker.js';
import type { BreakerPair } from './decide-calls.js';

/** What stands for all methods: whether there is a shop at all, and how fast it is called. */
const WHOLE_SHOP = '*';

/** What all workers remember together of their calls. */
@Injectable()
export class BreakerStore {
  constructor(private readonly dataSource: DataSource) {}

  /** Reads both, lets `decide` say what becomes of them, and writes what it changed; others wait meanwhile. Answers what it said. */
  change<T extends { readonly pair: BreakerPair }>(
    method: ShopMethod,
    nowMs: number,
    decide: (pair: BreakerPair) => T,
  ): Promise<T> {
    return inTransaction(this.dataSource, async (manager) => {
      const former = await this.lock(manager, method, nowMs);
      const decision = decide(former);
      const { shop, nextCallAtMs } = decision.pair;
      if (shop !== former.shop || nextCallAtMs !== former.nextCallAtMs)
        await write(manager, WHOLE_SHOP, shop, nextCallAtMs);
      if (decision.pair.method !== former.method) await write(manager, method, decision.pair.method, 0);
      return decision;
    });
  }

  /** For how many seconds each is still open; 0 for one that is closed or asks again. */
  openFor(): Promise<{ method: string; seconds: number }[]> {
    return this.dataSource.query(
      `SELECT method, greatest(0, coalesce(extract(epoch FROM open_until - clock_timestamp()), 0))::float8 AS seconds
       FROM shop_breaker ORDER BY method`,
    );
  }

  private async lock(manager: EntityManager, method: ShopMethod, nowMs: number): Promise<BreakerPair> {
    const names = [WHOLE_SHOP, method];
    const rows = await select(manager, names);
    if (rows.size < names.length) {
      await manager.query(
        `INSERT INTO shop_breaker (method, window_from) SELECT unnest($1::text[]), to_timestamp($2 / 1000.0)
         ON CONFLICT DO NOTHING`,
        [names, nowMs],
      );
      return toPair(await select(manager, names), method, nowMs);
    }
    return toPair(rows, method, nowMs);
  }
}

interface BreakerRow extends BreakerState {
  readonly name: string;
  readonly nextCallAtMs: number | null;
}

const ms = (column: string) => `round(extract(epoch FROM ${column}) * 1000)::float8`;

async function select(manager: EntityManager, names: readonly string[]): Promise<Map<string, BreakerRow>> {
  const rows: BreakerRow[] = await manager.query(
    `SELECT method AS name, ${ms('open_until')} AS "openUntilMs", ${ms('probing_until')} AS "probingUntilMs", trips,
       ${ms('window_from')} AS "windowFromMs", calls, failures, consecutive, ${ms('next_call_at')} AS "nextCallAtMs"
     FROM shop_breaker WHERE method = ANY ($1) ORDER BY method FOR UPDATE`,
    [names],
  );
  return new Map(rows.map((row) => [row.name, row]));
}

function toPair(rows: ReadonlyMap<string, BreakerRow>, method: ShopMethod, nowMs: number): BreakerPair {
  const stateOf = (name: string): BreakerState => {
    const row = rows.get(name);
    if (!row) return newBreaker(nowMs);
    const { name: _, nextCallAtMs: __, ...state } = row;
    return state;
  };
  return { shop: stateOf(WHOLE_SHOP), method: stateOf(method), nextCallAtMs: rows.get(WHOLE_SHOP)?.nextCallAtMs ?? 0 };
}

async function write(manager: EntityManager, name: string, state: BreakerState, nextCallAtMs: number): Promise<void> {
  await manager.query(
    `UPDATE shop_breaker SET open_until = to_timestamp($2::float8 / 1000), probing_until = to_timestamp($3::float8 / 1000),
       trips = $4, window_from = to_timestamp($5::float8 / 1000), calls = $6, failures = $7, consecutive = $8,
       next_call_at = to_timestamp(nullif($9::float8, 0) / 1000)
     WHERE method = $1`,
    [
      name,
      state.openUntilMs,
      state.probingUntilMs,
      state.trips,
      state.windowFromMs,
      state.calls,
      state.failures,
      state.consecutive,
      nextCallAtMs,
    ],
  );
}

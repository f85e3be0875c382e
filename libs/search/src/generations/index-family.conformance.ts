import type { Engines } from '@lockstep/testing';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { type EngineOfFamilies, FamilyBench } from './family-bench.conformance.js';
import { describeComparisons } from './family-comparison.conformance.js';
import { describeRebuilds } from './family-rebuild.conformance.js';
import { describeStart } from './family-start.conformance.js';
import { describeSwaps } from './family-swap.conformance.js';
import { describeWrites } from './family-writes.conformance.js';

/** What an index family promises on any engine. Call it within `describeWithEngines`. */
export function describeIndexFamily(engines: Engines, makeEngine: () => Promise<EngineOfFamilies>): void {
  const bench = new FamilyBench(engines, makeEngine);
  beforeAll(() => bench.open());
  afterAll(() => bench.close());
  beforeEach(() => bench.begin());

  for (const describePart of [describeStart, describeRebuilds, describeComparisons, describeSwaps, describeWrites]) {
    describePart(bench);
  }
}

import { describe, it } from 'vitest';
import { findEmbedded } from './find-embedded.js';
import { type Engines, type EnginesFound, findEngines, type RealEngines } from './find-engines.js';

/**
 * A suite that needs the real engines. Where they are missing it holds one skipped test whose note says why and which
 * command starts them; `npm test` repeats that note. `define` may be called once the engines are known to answer.
 *
 * @example describeWithEngines('the queues', (engines) => { it('…', async () => createTestVhost(engines)) })
 */
export function describeWithEngines(name: string, define: (engines: RealEngines) => void): void {
  describe(name, async () => defineOrSkip('needs the real engines', await findEngines(), define));
}

/**
 * A suite of what must hold whatever Lockstep runs on: once on the real engines, once on an embedded PostgreSQL alone, each
 * in a `describe` that names them. Either holds one skipped test, as in {@link describeWithEngines}, where it is missing.
 *
 * @example describeOnEveryEngine('an extraction', (engines) => { it('…', async () => createTestPlaces(engines)) })
 */
export function describeOnEveryEngine(name: string, define: (engines: Engines) => void): void {
  describe(`${name} [real engines]`, async () => defineOrSkip('needs the real engines', await findEngines(), define));
  describe(`${name} [embedded PostgreSQL]`, () => defineOrSkip('needs an embedded PostgreSQL', findEmbedded(), define));
}

function defineOrSkip<E extends Engines>(need: string, found: EnginesFound<E>, define: (engines: E) => void): void {
  if ('reason' in found) it(need, (context) => context.skip(found.reason));
  else define(found.engines);
}

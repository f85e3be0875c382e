import { describe, it } from 'vitest';
import { type Engines, findEngines } from './find-engines.js';

/**
 * A suite that needs the real engines. Where they are missing it holds one skipped test whose note says why and which
 * command starts them; `npm test` repeats that note. `define` may be called once the engines are known to answer.
 *
 * @example describeWithEngines('outbox', (engines) => { it('…', async () => createTestDatabase(engines)) })
 */
export function describeWithEngines(name: string, define: (engines: Engines) => void): void {
  describe(name, async () => {
    const found = await findEngines();
    if (found.engines) define(found.engines);
    else it('needs the real engines', (context) => context.skip(found.reason));
  });
}

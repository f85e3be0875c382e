import { describeWithEngines } from '@lockstep/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LagStore } from './lag.store.js';
import { SyncBench } from './sync-bench.fixture.js';

describeWithEngines('how far the index is behind', (engines) => {
  let bench: SyncBench;
  const read = () => new LagStore(bench.dataSource).read();

  beforeAll(async () => {
    bench = await SyncBench.open(engines);
    await bench.addReturns(1, 3);
  });
  afterAll(async () => {
    await bench?.close();
  });

  it('is unknown, not nothing, while no window was ever completed', async () => {
    expect(await read()).toEqual({ seconds: null, pending: 3 });
    await bench.claim();
    expect(await read()).toEqual({ seconds: null, pending: 3 });
    await bench.drain();
    expect(await read()).toEqual({ seconds: expect.any(Number), pending: 0 });
  });

  it('grows from the end of the last completed window, and is never negative where a clock was put back', async () => {
    const endAt = (when: string) => bench.sql(`UPDATE order_return_algolia_sync SET date_range_end = now() + ${when}`);
    await endAt(`interval '-1 hour'`);
    expect((await read()).seconds).toBeGreaterThanOrEqual(3_600);
    await endAt(`interval '1 hour'`);
    expect((await read()).seconds).toBe(0);
  });

  it('counts returns, not their changes', async () => {
    await bench.sql(`INSERT INTO return_tag (return_id, tag) VALUES (1, 'one'), (2, 'two')`);
    await bench.sql(`INSERT INTO return_tag (return_id, tag) VALUES (1, 'another')`);
    expect(await read()).toMatchObject({ pending: 2 });
  });
});

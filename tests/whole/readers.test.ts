import { describeWithEngines, type GoldenList, waitFor } from '@lockstep/testing';
import { beforeAll, expect, it } from 'vitest';
import { londonToday } from '../stage/people.js';
import { useStage } from '../stage/stage.js';
import { phaseOf, sync } from '../stage/sync-run.js';
import { ListReaders, type Sight } from './list-readers.js';
import { countList, LIST_NAMES, readPage } from './lists.js';
import { loadGenerated, untilQuiet } from './sources.js';

const PEOPLE = 5_000;
/** From the first page of each list. */
const KNOWN_DOCTORS = 7;

describeWithEngines('readers of every list', (engines) => {
  const stage = useStage(engines, { services: ['tcs', 'integration', 'recommendation', 'connection'] });
  let rows: Record<GoldenList, number>;
  let always: Record<GoldenList, string[]>;

  async function eachList<T>(read: (list: GoldenList) => Promise<T>): Promise<Record<GoldenList, T>> {
    const seen = await Promise.all(LIST_NAMES.map(async (list) => [list, await read(list)] as const));
    return Object.fromEntries(seen) as Record<GoldenList, T>;
  }

  beforeAll(async () => {
    await loadGenerated(stage, PEOPLE, londonToday());
    expect((await sync(stage)).state).toBe('succeeded');
    await untilQuiet(stage);
    rows = await eachList((list) => countList(stage, list));
    always = await eachList(async (list) =>
      (await readPage(stage, list)).items.slice(0, KNOWN_DOCTORS).map(({ gmcReferenceNumber }) => gmcReferenceNumber),
    );
  });

  async function watch(act: (readers: ListReaders) => Promise<void>): Promise<Sight> {
    const readers = new ListReaders(stage, always);
    try {
      await act(readers);
    } finally {
      await readers.stop();
    }
    return readers.stop();
  }

  function expectUndisturbed({ lists, faults }: Sight): void {
    console.info(JSON.stringify(lists));
    expect(faults).toEqual([]);
    for (const list of LIST_NAMES) {
      expect(rows[list], list).toBeGreaterThan(0);
      expect(lists[list], list).toMatchObject({ fewest: rows[list] });
      expect(lists[list]?.reads, list).toBeGreaterThan(10);
    }
  }

  it('see no error, never fewer rows and never miss a doctor while everything is rebuilt', async () => {
    const sight = await watch(async (readers) => {
      const run = await sync(stage);
      expect(run).toMatchObject({ state: 'succeeded', error: null });
      for (const phase of ['swap', 'recommendation', 'connection']) expect(phaseOf(run, phase).state).toBe('done');
      await waitFor('enough reads of every list', () => readers.fewestReads() > 10);
    });
    expectUndisturbed(sight);
    expect(await eachList((list) => countList(stage, list))).toEqual(rows);
  });

  it('nor while the master goes back to its former generation and forth again', async () => {
    const sight = await watch(async (readers) => {
      for (const direction of ['rollback', 'rollforward', 'rollback', 'rollforward']) {
        const { status, body } = await stage.call('integration', 'POST', `/api/sync/${direction}`);
        expect([200, 202], JSON.stringify(body)).toContain(status);
        const before = readers.fewestReads();
        await waitFor(
          `three more reads of every list after the ${direction}`,
          () => readers.fewestReads() >= before + 6,
        );
      }
    });
    expectUndisturbed(sight);
  });
});

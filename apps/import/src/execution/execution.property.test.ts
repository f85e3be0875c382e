import { describeWithEngines } from '@lockstep/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ExecutionBench } from './execution.fixture.js';
import { Dice, RandomRun, randomFate, randomGraph } from './random-run.fixture.js';
import { type Expected, expectedOutcome, tally } from './reference-model.fixture.js';

const GRAPHS = 1_000;
/** Benches side by side, each with a database of its own: a claim takes whatever is due. */
const LANES = 3;

describeWithEngines('a batch of any graph, with owners that answer in any order', (engines) => {
  const benches: ExecutionBench[] = [];

  beforeAll(async () => {
    for (let lane = 0; lane < LANES; lane += 1) {
      const bench = await ExecutionBench.open(engines, {
        objectsPerMessage: 2,
        linksPerMessage: 2,
        fillWaitMs: 2,
        firstBackoffMs: 1,
        maxAttempts: 50,
        linksPerTransaction: lane + 1,
      });
      // Thousands of small commits; connections made from now on do not wait for the disk.
      await bench.dataSource.query(
        `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database()); END $$`,
      );
      benches.push(bench);
    }
  });
  afterAll(async () => {
    for (const bench of benches) await bench.close();
  });

  async function check(bench: ExecutionBench, seed: number): Promise<void> {
    const dice = new Dice(seed);
    const graph = randomGraph(dice, { hasInvalid: dice.chance(0.2) });
    const fate = randomFate(dice, graph);
    const verifyExisting = dice.chance(0.3);
    const release = dice.chance(0.5) ? 'streaming' : 'barrier';
    const batchId = await bench.plan(graph, { release, options: { verifyExisting } });
    await bench.start(batchId);
    const run = new RandomRun(bench, dice, { batchId, seed }, graph, fate);
    const isCancelled = dice.chance(0.2);
    await run.toEnd(isCancelled ? 1 + dice.below(6) : undefined);
    const first = await bench.read(batchId);
    if (first.state === 'complete')
      await expectEnd(bench, batchId, run, expectedOutcome(graph, fate, verifyExisting), 1);
    else
      expect(first).toMatchObject({
        objectCounts: tally(first.objects.values()),
        linkCounts: tally(first.links.values()),
      });

    if (dice.chance(0.5)) {
      // Mended by its owners, or otherwise broken; what was made stays made.
      const { failingObjects, failingLinks } = randomFate(dice, graph);
      const isOpen = (of: Map<number, string>) => (no: number) => of.get(no) !== 'complete';
      run.fate = {
        failingObjects: new Set([...failingObjects].filter(isOpen(first.objects))),
        failingLinks: new Set([...failingLinks].filter(isOpen(first.links))),
      };
      expect(await run.command('retry')).toMatch(/processingObjects|complete/);
      await run.toEnd();
      await expectEnd(bench, batchId, run, expectedOutcome(graph, run.fate, verifyExisting), 2);
    }
    await run.deliverRest();
    const made = run.owner.made.map(({ id }) => id);
    expect({ seed, twice: made.filter((id, index) => made.indexOf(id) !== index), faults: run.faults }).toEqual({
      seed,
      twice: [],
      faults: [],
    });
  }

  async function expectEnd(
    bench: ExecutionBench,
    batchId: string,
    run: RandomRun,
    expected: Expected,
    runs: number,
  ): Promise<void> {
    const hasFailures = [...expected.objects.values(), ...expected.links.values()].some((one) => one !== 'complete');
    expect({ seed: run.seed, ...(await bench.read(batchId)) }).toEqual({
      seed: run.seed,
      state: 'complete',
      run: runs,
      processingError: hasFailures,
      objectCounts: tally(expected.objects.values()),
      linkCounts: tally(expected.links.values()),
      objects: expected.objects,
      links: expected.links,
    });
    const announced = await bench.announced(batchId);
    expect(announced.length).toBe(runs);
    expect(announced.at(-1)).toMatchObject({ importBatchStatus: 'complete', processingError: hasFailures });
  }

  it(`ends as the closed form says, made in order, announced once: ${GRAPHS} graphs`, {
    timeout: 240_000,
  }, async () => {
    let next = 1;
    await Promise.all(
      benches.map(async (bench) => {
        while (next <= GRAPHS) {
          const seed = next;
          next += 1;
          await check(bench, seed);
        }
      }),
    );
  });
});

import { describeWithEngines } from '@lockstep/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ExecutionBench } from './execution.fixture.js';
import { Dice, RandomRun, randomFate, randomGraph } from './random-run.fixture.js';
import { expectedOutcome, tally } from './reference-model.fixture.js';

const GRAPHS = 1_500;
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
    const run = new RandomRun(bench, dice, batchId, graph, fate);
    await run.toEnd();

    const expected = expectedOutcome(graph, fate, verifyExisting);
    const stored = await bench.read(batchId);
    const all = [...expected.objects.values(), ...expected.links.values()];
    const hasFailures = all.some((status) => status !== 'complete');
    expect({ seed, ...stored, faults: run.faults }).toEqual({
      seed,
      state: 'complete',
      run: 1,
      processingError: hasFailures,
      objectCounts: tally(expected.objects.values()),
      linkCounts: tally(expected.links.values()),
      objects: expected.objects,
      links: expected.links,
      faults: [],
    });
    const made = run.owner.made.map(({ id }) => id);
    expect(new Set(made).size, `seed ${seed}: made twice`).toBe(made.length);
    const announced = await bench.announced(batchId);
    expect(announced.map(({ processingError }) => processingError)).toEqual([hasFailures]);
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

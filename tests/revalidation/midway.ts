import { expect } from 'vitest';
import type { Stage } from '../stage/stage.js';
import { isEnded, phaseOf, untilRun } from '../stage/sync-run.js';

/** Waits until a phase of the run has some of its records. Fails when it then has them all: more people are needed. */
export async function midway(stage: Stage, runId: string, name = 'trainees'): Promise<void> {
  const run = await untilRun(
    stage,
    runId,
    `is in the middle of ${name}`,
    (one) => phaseOf(one, name).received > 0 || isEnded(one),
  );
  const { state, received, expected } = phaseOf(run, name);
  expect({ state, isMidway: received > 0 && (expected === null || received < expected) }).toEqual({
    state: 'running',
    isMidway: true,
  });
}

import { expect } from 'vitest';
import type { Stage } from '../stage/stage.js';
import { isEnded, phaseOf, untilRun } from '../stage/sync-run.js';

/** Whoever counts on in a phase that has counted before waits while somebody holds this lock of the phase. */
const BRAKE = `
  CREATE OR REPLACE FUNCTION integration.test_brake() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN PERFORM pg_advisory_xact_lock_shared(hashtext(OLD.name)); RETURN NEW; END $$;
  CREATE OR REPLACE TRIGGER test_brake BEFORE UPDATE ON integration.sync_phase FOR EACH ROW
    WHEN (OLD.received > 0 AND NEW.received > OLD.received) EXECUTE FUNCTION integration.test_brake()`;

/** Keeps the next run in the middle of a phase until it is let go, which must be within a minute of its getting there. */
export interface Brake {
  /** Waits until the phase of the run has some of its records, and not all. Fails when it has them all: more people are needed. */
  midway(runId: string): Promise<void>;
  /** Lets it go; may be called twice, and when the database has just been killed, which lets it go too. */
  release(): Promise<void>;
}

/** Acts with the brake on, so that nobody is faster than the test, and lets go in the end in any case. */
export async function withBrake(stage: Stage, name: string, act: (brake: Brake) => Promise<void>): Promise<void> {
  await stage.withDatabase(async (client) => {
    await client.query(BRAKE);
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [name]);
    const release = async (): Promise<void> => {
      await client.query('SELECT pg_advisory_unlock_all()').catch(() => undefined);
    };
    try {
      await act({ midway: (runId) => untilMidway(stage, runId, name), release });
    } finally {
      await release();
    }
  });
}

async function untilMidway(stage: Stage, runId: string, name: string): Promise<void> {
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

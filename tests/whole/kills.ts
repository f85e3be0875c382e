import { waitFor } from '@lockstep/testing';
import type { App, Stage } from '../stage/stage.js';

/** Enough for a run to come to the place, on a machine that is busy with others. */
const DEATH_LIMIT_MS = 120_000;

/**
 * Starts a service, or starts it anew, so that it kills itself at a place between two writes; answers a wait for its death.
 * It may die before it is ready: it goes on with what its tables tell as soon as it starts.
 */
export async function arm(stage: Stage, app: App, place: string): Promise<() => Promise<void>> {
  try {
    await stage.start(app, { LOCKSTEP_FAILPOINT: place });
  } catch (error) {
    if (!String(error).includes('ended with SIGKILL')) throw error;
    return async () => undefined;
  }
  const pid = stage.service(app).pid() as number;
  return async () => {
    await waitFor(`${app} to die at ${place}`, () => hasDied(pid), { timeoutMs: DEATH_LIMIT_MS });
  };
}

/** Lets a service die at each of these places, one after the other. */
export async function dieAt(stage: Stage, app: App, places: readonly string[]): Promise<void> {
  for (const place of places) {
    const untilDead = await arm(stage, app, `${app}.${place}`);
    await untilDead();
  }
}

function hasDied(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}

/** What a phase of the run stands at, from the tables: the service that serves it over REST may be dead. */
export async function untilPhase(stage: Stage, name: string, states: readonly string[]): Promise<void> {
  const read = async (): Promise<string | undefined> => {
    const [row] = await stage.query<{ state: string }>(
      `SELECT p.state FROM integration.sync_phase p JOIN integration.sync_run r ON r.id = p.run_id
       WHERE p.name = $1 ORDER BY r.created_at DESC LIMIT 1`,
      [name],
    );
    return row?.state;
  };
  await waitFor(`phase ${name} to be ${states.join(' or ')}`, read, {
    timeoutMs: DEATH_LIMIT_MS,
    until: (state) => states.includes(String(state)),
  });
}

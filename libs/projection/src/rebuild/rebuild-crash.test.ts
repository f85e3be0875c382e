import { fileURLToPath } from 'node:url';
import { createSearchEngine } from '@lockstep/service';
import {
  aMasterDoctor,
  createTestPlaces,
  describeWithEngines,
  type Engines,
  type RunningService,
  startService,
  waitFor,
} from '@lockstep/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Integration, type MasterRow } from '../integration.fixture.js';

const ADMIN_KEY = 'test-admin-token';
const DOCTORS = 2_500;

/** In the order in which a rebuild passes them. */
const STEPS = ['begun', 'filling', 'filled', 'verified', 'beforeSwap', 'afterSwap', 'beforeReport'];

describeWithEngines('a rebuild whose service is killed', (engines) => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await openStage(engines);
    await stage.integration.write(doctors());
    const { runId } = await stage.integration.command({ fence: 1 });
    await waitFor('the first rebuild', () => stage.integration.findLastWord(runId));
  });

  afterAll(async () => {
    await stage?.close();
  });

  it('at each of its steps, one after the other, ends as if nothing had been', { timeout: 400_000 }, async () => {
    const { service, integration, countShown } = stage;
    const before = await countShown();
    await service.kill('SIGTERM');
    await stage.restartToDieAt(STEPS[0]!);
    const { runId } = await integration.command({ fence: 2 });
    for (const [at, step] of STEPS.entries()) {
      await waitFor(`the service to die at ${step}`, () => isGone(service));
      expect(await countShown()).toBeGreaterThanOrEqual(before);
      await integration.change(doctor(`790000${at}`, 1, `Came while it was down at ${step}`));
      await stage.restartToDieAt(STEPS[at + 1]);
    }

    const find = () => integration.findLastWord(runId);
    const report = (await waitFor('the end of the rebuild', find, { timeoutMs: 60_000 }))!;

    expect(report).toMatchObject({
      state: 'succeeded',
      rejected: 0,
      received: report.expected,
      written: report.expected,
    });
    const lastWords = integration.reports.filter((each) => each.runId === runId && each.state !== 'running');
    expect(lastWords).toHaveLength(1);
    await waitFor('the changes that came meanwhile', async () => (await countShown()) === before + STEPS.length);
    await stage.expectIndexOfRun(runId);
  });
});

interface Stage {
  readonly service: RunningService;
  readonly integration: Integration;
  /** Starts it again, to die at this step of the rebuild, or not to die. */
  restartToDieAt(step: string | undefined): Promise<void>;
  /** Documents that readers of the connected and disconnected lists see. */
  countShown(): Promise<number>;
  /** Both lists are read from the generation of the run, and nothing is left of others than the one before. */
  expectIndexOfRun(runId: string): Promise<void>;
  close(): Promise<void>;
}

async function openStage(engines: Engines): Promise<Stage> {
  const places = await createTestPlaces(engines);
  const engine = createSearchEngine(places);
  const integration = await Integration.join(places.rabbitmqUrl, engine);
  const env: Record<string, string> = {
    NODE_ENV: 'test',
    ...places.env,
    LOCKSTEP_ADMIN_TOKEN: ADMIN_KEY,
    LEASE_SECONDS: '1',
  };
  const main = fileURLToPath(new URL('../../../../apps/connection/src/main.fixture.mjs', import.meta.url));
  const service = await startService({ app: 'connection', main, env });
  return {
    service,
    integration,
    restartToDieAt: async (step) => {
      env['LOCKSTEP_FAILPOINT'] = step ? `connection.rebuild.${step}` : '';
      await service.restart().catch((error: unknown) => {
        // It goes on with the rebuild as soon as it starts, and so may die before it is ready.
        if (!step || !String(error).includes('ended with SIGKILL')) throw error;
      });
    },
    countShown: async () => {
      const [shown] = await engine.aliasTargets('connectedindex');
      await engine.refresh(shown!);
      const sums = await engine.bucketSums(shown!);
      return sums.reduce((sum, { live }) => sum + live, 0);
    },
    expectIndexOfRun: async (runId) => {
      const own = (await engine.listIndices()).filter(({ meta }) => meta.family === 'connection');
      const shown = own.filter(({ aliases }) => aliases.length > 0);
      expect(shown.map(({ aliases, meta }) => [meta.runId, aliases])).toEqual([
        [runId, ['connectedindex', 'disconnectedindex', 'exceptionindex']],
      ]);
      expect(own.length).toBeLessThanOrEqual(2);
    },
    close: async () => {
      await service.kill('SIGTERM');
      await integration.close();
      await engine.close();
      await places.remove();
    },
  };
}

function isGone(service: RunningService): boolean {
  try {
    process.kill(service.pid()!, 0);
    return false;
  } catch {
    return true;
  }
}

function doctor(id: string, version: number, doctorLastName: string): MasterRow {
  return { id, version, document: aMasterDoctor({ gmcReferenceNumber: id, doctorLastName }) };
}

function doctors(): MasterRow[] {
  return Array.from({ length: DOCTORS }, (_, at) => doctor(String(7_000_000 + at), 1, `Doctor ${at}`));
}

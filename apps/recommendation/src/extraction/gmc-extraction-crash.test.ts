import { randomUUID } from 'node:crypto';
import { gmcSyncDataQueue, gmcSyncEnd, gmcSyncStart, messages, type SyncStartV1 } from '@lockstep/contracts';
import { buildRabbitDefinitions } from '@lockstep/messaging';
import {
  createTestPlaces,
  describeWithEngines,
  type RunningService,
  startService,
  type TestPlaces,
  waitFor,
} from '@lockstep/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Arrival, connectNeighbours } from '../recommendation.fixture.js';

const KEY = 'test-admin-token';

describeWithEngines('sending all GMC doctors through crashes of the service', (engines) => {
  let places: TestPlaces;
  let neighbours: Awaited<ReturnType<typeof connectNeighbours>>;
  let arrivals: Arrival[];
  let service: RunningService | undefined;

  beforeEach(async () => {
    places = await createTestPlaces(engines);
    await places.importDefinitions(buildRabbitDefinitions(messages));
    neighbours = await connectNeighbours(places.rabbitmqUrl);
    arrivals = await neighbours.collect(gmcSyncDataQueue);
  });

  afterEach(async () => {
    await service?.kill('SIGKILL');
    service = undefined;
    await neighbours?.leave();
    await places?.remove();
  });

  const start = async (failpoint: string): Promise<RunningService> => {
    service = await startService({
      app: 'recommendation',
      env: {
        ...places.env,
        NODE_ENV: 'test',
        HOST: '127.0.0.1',
        LOCKSTEP_ADMIN_TOKEN: KEY,
        LOCKSTEP_FAILPOINT: failpoint,
      },
    });
    return service;
  };
  const loadDoctors = async ({ url }: RunningService, count: number): Promise<void> => {
    const lines = Array.from({ length: count }, (_, index) => JSON.stringify({ gmcNumber: String(7_000_001 + index) }));
    const answer = await fetch(`${url}/api/gmc-doctors/bulk`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
    });
    expect(answer.status).toBe(200);
  };
  const isEnd = ({ type }: Arrival): boolean => type === gmcSyncEnd.type;

  it.each([
    ['recommendation.extraction.planned', 'planned the run and not acknowledged its command'],
    ['recommendation.extraction.published:2', 'sent batches and not noted it'],
    ['recommendation.extraction.beforeEnd', 'sent everything but the end marker'],
  ])('sends every batch and the totals although it died at %s, having %s', async (failpoint) => {
    const dying = await start(failpoint);
    await loadDoctors(dying, 900);
    const order: SyncStartV1 = { runId: randomUUID(), fence: 1, phase: 'gmc', batchSize: 2, asOf: '2026-03-14' };
    await neighbours.publish(gmcSyncStart, order);
    const pid = dying.pid() as number;
    await waitFor(`${failpoint} to kill the service`, () => !isAlive(pid));
    expect(arrivals.filter(isEnd)).toEqual([]);

    await start('none');
    await waitFor('the end marker', () => arrivals.some(isEnd));
    const batches = arrivals.filter((arrival) => !isEnd(arrival)).map(({ payload }) => payload);
    expect(new Set(batches.map(({ sequence }) => sequence)).size).toBe(450);
    for (const batch of batches) {
      expect(batch, 'the same however often it came').toEqual(
        batches.find(({ sequence }) => sequence === batch.sequence),
      );
    }
    expect(new Set(batches.flatMap(({ items }) => items.map(({ key }) => key))).size).toBe(900);
    expect(arrivals.find(isEnd)?.payload).toMatchObject({ batches: 450, items: 900 });
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

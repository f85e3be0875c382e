import { setTimeout as delay } from 'node:timers/promises';
import { describeWithEngines, waitFor } from '@lockstep/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { type App, useStage } from '../stage/stage.js';

const APPS: readonly App[] = ['tcs', 'integration', 'recommendation', 'connection', 'import', 'shop-update', 'returns'];
/** Of one core, all services together: measured are 2 to 3 %, and one that spins takes 50 % and more. */
const SHARE = 0.1;
const WINDOW_MS = 3_000;
/** What a start leaves to be done, caches and compiled code included, is over by then. */
const QUIET_LIMIT_MS = 120_000;

describeWithEngines('All services with nothing to do', (engines) => {
  describe.each(['RabbitMQ', 'PostgreSQL'])('on %s', (broker) => {
    const stage = useStage(engines, { services: [] });
    beforeAll(async () => {
      const env: Record<string, string> = broker === 'PostgreSQL' ? { RABBITMQ_URL: stage.env()['DATABASE_URL']! } : {};
      await Promise.all(APPS.map((app) => stage.start(app, env)));
    });

    /** Processor time of all services since they were started, in seconds. */
    async function cpuSeconds(): Promise<number> {
      const scraped = await Promise.all(APPS.map((app) => stage.call<string>(app, 'GET', '/metrics')));
      const seconds = scraped.map(({ body }) => Number(/^process_cpu_seconds_total (\S+)/m.exec(body)?.[1]));
      return seconds.reduce((sum, each) => sum + each);
    }

    it('take less than a tenth of a core together', async () => {
      const share = async (): Promise<number> => {
        const [before, startedAt] = [await cpuSeconds(), performance.now()];
        await delay(WINDOW_MS);
        return ((await cpuSeconds()) - before) / ((performance.now() - startedAt) / 1_000);
      };
      const until = (measured: number) => measured < SHARE;
      expect(await waitFor('a quiet window', share, { until, timeoutMs: QUIET_LIMIT_MS })).toBeLessThan(SHARE);
    }, 200_000);
  });
});

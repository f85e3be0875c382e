import { describeWithEngines } from '@lockstep/testing';
import { beforeAll, expect, it } from 'vitest';
import { plainPeople } from '../revalidation/plain-people.js';
import { countRows, Readers } from '../revalidation/readers.js';
import { loadPeople, londonToday } from '../stage/people.js';
import { useStage } from '../stage/stage.js';
import { dayOfRun, endOfRun, sync, triggerSync } from '../stage/sync-run.js';
import { changeDoctor, changePerson, renumber, untilShown } from './changes.js';
import { arm, dieAt, untilPhase } from './kills.js';
import { numberOf, plainDoctors } from './plain-doctors.js';
import { loadGenerated, loadGmcDoctors, send, untilQuiet } from './sources.js';
import { compareEveryAlias, differences } from './views.js';

/** Several batches of each source. */
const PEOPLE = 1_100;
/** Who are changed live. */
const PLAIN_PEOPLE = 10;
const LIMIT_MS = 600_000;

const SENDING = ['extraction.planned', 'extraction.published', 'extraction.beforeEnd'] as const;
const PROJECTING = [
  'rebuild.begun',
  'rebuild.filling',
  'rebuild.filled',
  'rebuild.verified',
  'rebuild.beforeSwap',
  'rebuild.afterSwap',
  'rebuild.beforeReport',
] as const;
const MASTER = ['master.tapOpen', 'master.filling', 'master.filled', 'verified', 'swap.before', 'swap.after'] as const;
const LIVE = ['live.stored', 'live.indexed', 'live.announced'] as const;

describeWithEngines('services that are killed', (engines) => {
  const stage = useStage(engines, {
    services: ['tcs', 'integration', 'recommendation', 'connection'],
    settings: { LEASE_SECONDS: '2' },
  });
  beforeAll(async () => {
    await loadGenerated(stage, PEOPLE, londonToday());
    // After the generated ones, whose ids begin at 1 and whose numbers are others.
    await loadPeople(stage, plainPeople(PLAIN_PEOPLE, { from: PEOPLE + 1 }));
    await loadGmcDoctors(stage, plainDoctors(PLAIN_PEOPLE, PEOPLE + 1));
    expect((await sync(stage)).state).toBe('succeeded');
  });

  it(
    'all four at every phase of one run, and just before and after each swap: it ends right by itself',
    async () => {
      await untilQuiet(stage);
      const rows = await countRows(stage);
      const readers = new Readers(stage);
      let runId: string;
      try {
        // Armed before the run begins, so that nobody is faster than the test.
        const untilTcsDead = await arm(stage, 'tcs', `tcs.${SENDING[0]}`);
        const untilRecommendationDead = await arm(stage, 'recommendation', `recommendation.${SENDING[0]}`);
        const untilConnectionDead = await arm(stage, 'connection', `connection.${PROJECTING[0]}`);
        const untilIntegrationDead = await arm(stage, 'integration', 'integration.batch.stored');
        let isArmedForDoctors: () => void = () => undefined;
        const armedForDoctors = new Promise<void>((resolve) => {
          isArmedForDoctors = resolve;
        });
        const killTcs = async (): Promise<void> => {
          await untilTcsDead();
          await dieAt(stage, 'tcs', SENDING.slice(1));
          await stage.start('tcs');
        };
        const killRecommendation = async (): Promise<void> => {
          await untilRecommendationDead();
          await armedForDoctors;
          await dieAt(stage, 'recommendation', [...SENDING.slice(1), ...PROJECTING]);
          await stage.start('recommendation');
        };
        const killConnection = async (): Promise<void> => {
          await untilConnectionDead();
          await dieAt(stage, 'connection', PROJECTING.slice(1));
          await stage.start('connection');
        };
        const killIntegration = async (): Promise<void> => {
          await untilIntegrationDead();
          await dieAt(stage, 'integration', ['batch.committed']);
          await stage.start('integration');
          await untilPhase(stage, 'gmc', ['running', 'done']);
          const untilDead = await arm(stage, 'integration', 'integration.batch.stored');
          isArmedForDoctors();
          await untilDead();
          await dieAt(stage, 'integration', MASTER);
          await stage.start('integration');
          await untilPhase(stage, 'connection', ['running', 'done']);
          await stage.start('integration');
        };
        runId = await triggerSync(stage);
        await Promise.all([killTcs(), killRecommendation(), killConnection(), killIntegration()]);
        expect(await endOfRun(stage, runId)).toMatchObject({ state: 'succeeded', error: null });
      } finally {
        await readers.stop();
      }
      const { errors, reads, fewest } = await readers.stop();
      expect(errors).toEqual([]);
      expect(reads).toBeGreaterThan(0);
      for (const [alias, count] of Object.entries(rows)) expect(fewest[alias], alias).toBeGreaterThanOrEqual(count);
      const comparisons = await compareEveryAlias(stage, await dayOfRun(stage, runId));
      expect(differences(comparisons)).toEqual([]);
      expect(comparisons['masterdoctorindex']?.equal).toBeGreaterThan(PEOPLE);
    },
    LIMIT_MS,
  );

  it.each(LIVE)('integration at %s: the live change reaches every list after a restart', async (place) => {
    const id = PEOPLE + 1 + LIVE.indexOf(place);
    const untilDead = await arm(stage, 'integration', `integration.${place}`);
    const change = await changePerson(stage, id, `Survives ${place}`);
    await untilDead();
    await stage.start('integration');
    await untilShown(stage, change);
  });

  it.each([
    ['live.stored', 'is deleted', 4, (id: number) => send(stage, 'tcs', 'DELETE', `/api/trainees/${id}`)],
    ['live.stored', 'loses the number', 5, (id: number) => renumber(stage, id, 'UNKNOWN')],
    ['live.indexed', 'takes another number', 6, (id: number) => renumber(stage, id, numberOf(id + 1_000))],
  ] as const)('integration at %s when a person %s: the number that was left shows no programme', async (...row) => {
    const [place, , nth, change] = row;
    const id = PEOPLE + nth;
    await untilShown(stage, await changePerson(stage, id, 'To be left'));
    const untilDead = await arm(stage, 'integration', `integration.${place}`);
    await change(id);
    await untilDead();
    await stage.start('integration');
    await untilShown(stage, { gmcNumber: numberOf(id), field: 'programmeName', value: null });
  });

  it('both projecting services and the source with a live change on its way: it reaches every list', async () => {
    const id = PEOPLE + PLAIN_PEOPLE;
    await stage.stop('connection');
    const changes = [
      await changePerson(stage, id, 'While connection is dead'),
      await changeDoctor(stage, id - 1, 'Told'),
    ];
    await Promise.all([stage.stop('recommendation'), stage.stop('tcs')]);
    await Promise.all((['connection', 'recommendation', 'tcs'] as const).map((app) => stage.start(app)));
    for (const change of changes) await untilShown(stage, change);
  });
});

import { describeWithEngines } from '@lockstep/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { useStage } from '../stage/stage.js';
import { endOfRun, issuesOf, phaseOf, readRun, triggerSync, untilRun } from '../stage/sync-run.js';
import { shuffled } from './shuffle.js';
import { SourceDouble, type SyncStart, trainee, traineeBatches } from './source-double.js';

const BATCHES = 12;
const BATCH_SIZE = 25;
const PEOPLE = BATCHES * BATCH_SIZE;

describeWithEngines('a rebuild whose messages arrive in disorder', (engines) => {
  const stage = useStage(engines, { services: [], settings: { ASK_AGAIN_SECONDS: '2' } });
  let source: SourceDouble;
  /** Every test sends newer records than those before it, so that none depends on what another left. */
  let version = 0;
  let batches: object[][];
  beforeAll(async () => {
    source = await SourceDouble.join(stage);
    // Everybody but the trainee source, which the double plays.
    await Promise.all((['integration', 'recommendation', 'connection'] as const).map((app) => stage.start(app)));
  });
  afterAll(() => source?.leave());
  beforeEach(async () => {
    // A test that failed must not leave its run in the way of the others.
    const { body } = await stage.call<{ items: { runId: string; finishedAt: string | null }[] }>(
      'integration',
      'GET',
      '/api/sync/runs?pageSize=5',
    );
    for (const run of body.items.filter(({ finishedAt }) => finishedAt === null)) {
      await stage.call('integration', 'POST', `/api/sync/runs/${run.runId}/cancel`);
    }
    version += 10;
    batches = traineeBatches(BATCHES, BATCH_SIZE, version);
  });

  async function start(): Promise<SyncStart> {
    const runId = await triggerSync(stage);
    return source.nextCommand(runId);
  }

  /** On a busy machine a batch may be asked for while it is on its way: such commands are passed over. */
  async function nextAskFor({ runId }: SyncStart, sequences: number[]): Promise<SyncStart> {
    for (;;) {
      const command = await source.nextCommand(runId, `batches ${sequences} to be asked for again`);
      if (String(command.sequences ?? '') === String(sequences)) return command;
    }
  }

  /** Sends whole batches by their sequences. */
  async function send(command: SyncStart, sequences: number[]): Promise<void> {
    for (const sequence of sequences) await source.sendBatch(command, sequence, batches[sequence - 1] as object[]);
  }

  function receive({ runId }: SyncStart, count: number): Promise<unknown> {
    return untilRun(stage, runId, `received ${count}`, (run) => phaseOf(run, 'trainees').received === count);
  }

  /** Surnames by GMC number, as the alias shows them. */
  async function surnames(): Promise<Map<string, unknown>> {
    const documents = await stage.index.read();
    return new Map([...documents].map(([number, document]) => [number, document['doctorLastName']]));
  }

  const sequencesFrom = (first: number): number[] => batches.map((_, index) => index + 1).filter((one) => one >= first);

  it('ends with every document when the end marker comes first and batches come shuffled and twice', async () => {
    const command = await start();
    await source.sendEnd(command, BATCHES, PEOPLE);
    await send(command, shuffled([...sequencesFrom(1), ...sequencesFrom(1)], 42));
    const run = await endOfRun(stage, command.runId);
    expect(run).toMatchObject({ state: 'succeeded', error: null });
    const counts = { expected: PEOPLE, received: PEOPLE, written: PEOPLE, rejected: 0 };
    expect(phaseOf(run, 'trainees')).toMatchObject(counts);
    const documents = await stage.index.read();
    expect(documents.size).toBe(PEOPLE);
    expect(documents.get('7000017')).toMatchObject({
      tcsPersonId: 17,
      doctorLastName: 'Surname 17',
      isDiscrepancy: true,
    });
  });

  it('asks by its number for the batch that did not come, and does not end without it', async () => {
    const command = await start();
    await source.sendEnd(command, BATCHES, PEOPLE);
    await send(
      command,
      sequencesFrom(1).filter((sequence) => sequence !== 7),
    );
    await receive(command, PEOPLE - BATCH_SIZE);
    const again = await nextAskFor(command, [7]);
    expect(again).toEqual({ ...command, sequences: [7] });
    expect((await readRun(stage, command.runId)).state).toBe('running');
    await send(again, [7]);
    expect((await endOfRun(stage, command.runId)).state).toBe('succeeded');
    expect((await stage.index.read()).size).toBe(PEOPLE);
  });

  it('asks for everything again when the source never said how much there is', async () => {
    const command = await start();
    await send(command, sequencesFrom(1));
    await receive(command, PEOPLE);
    expect(await source.nextCommand(command.runId, 'everything to be asked for again')).toEqual(command);
    await source.sendEnd(command, BATCHES, PEOPLE);
    expect((await endOfRun(stage, command.runId)).state).toBe('succeeded');
  });

  it('empties who is no longer in the source, with a warning each', async () => {
    const first = await start();
    await send(first, sequencesFrom(1));
    await source.sendEnd(first, BATCHES, PEOPLE);
    expect((await endOfRun(stage, first.runId)).state).toBe('succeeded');
    const second = await start();
    await source.sendBatch(second, 1, (batches[0] as object[]).slice(2));
    await send(second, sequencesFrom(2));
    await source.sendEnd(second, BATCHES, PEOPLE - 2);
    expect((await endOfRun(stage, second.runId)).state).toBe('succeeded');
    const issues = await issuesOf(stage, second.runId);
    expect(issues.map(({ severity, code, key }) => [severity, code, key]).sort()).toEqual([
      ['warning', 'NOT_IN_SOURCE', '1'],
      ['warning', 'NOT_IN_SOURCE', '2'],
    ]);
    expect([...(await surnames()).keys()].slice(0, 2)).toEqual(['7000003', '7000004']);
  });

  it('ignores what a former run still sends, whatever newer records it claims to carry', async () => {
    const command = await start();
    const zombie = { ...command, fence: command.fence - 1 };
    await source.sendBatch(zombie, 1, [trainee(1, '7000001', { version: version + 5, surname: 'Zombie' })]);
    await source.sendEnd(zombie, 1, 1);
    await send(command, sequencesFrom(2));
    await receive(command, PEOPLE - BATCH_SIZE);
    await send(command, [1]);
    await source.sendEnd(command, BATCHES, PEOPLE);
    const run = await endOfRun(stage, command.runId);
    expect(run.state).toBe('succeeded');
    expect(phaseOf(run, 'trainees')).toMatchObject({ received: PEOPLE, rejected: 0 });
    expect((await surnames()).get('7000001')).toBe('Surname 1');
  });

  it('keeps the newer version of a person when an older one arrives after it', async () => {
    const command = await start();
    const newer = trainee(1, '7000001', { version: version + 2, surname: 'Newer' });
    await source.sendBatch(command, BATCHES + 1, [newer]);
    await receive(command, 1);
    await send(command, sequencesFrom(1));
    await source.sendEnd(command, BATCHES + 1, PEOPLE + 1);
    expect((await endOfRun(stage, command.runId)).state).toBe('succeeded');
    const names = await surnames();
    expect([names.size, names.get('7000001'), names.get('7000002')]).toEqual([PEOPLE, 'Newer', 'Surname 2']);
  });

  it('fails as stalled, and keeps serving what it served, when a batch never comes', async () => {
    const before = await surnames();
    await stage.start('integration', { STALL_SECONDS: '15' });
    const command = await start();
    await source.sendBatch(command, 1, [trainee(1, '7000001', { version: version + 1, surname: 'Of a failed run' })]);
    await source.sendEnd(command, 2, 2);
    const run = await endOfRun(stage, command.runId);
    expect(run).toMatchObject({ state: 'failed', error: { code: 'RUN_STALLED' } });
    expect(await surnames()).toEqual(before);
    expect(source.commands.filter(({ runId, sequences }) => runId === run.runId && sequences?.includes(2))).not.toEqual(
      [],
    );
  });
});

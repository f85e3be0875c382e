import { describeWithEngines, waitFor } from '@lockstep/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { useStage } from '../stage/stage.js';
import { endOfRun, issuesOf, phaseOf, triggerSync, untilRun } from '../stage/sync-run.js';
import { DATA_QUEUE, type Labels, SourceDouble, type SyncStart, traineeBatches } from './source-double.js';

const BATCHES = 6;
const BATCH_SIZE = 20;
const PEOPLE = BATCHES * BATCH_SIZE;

interface Letter {
  reason: string;
  body: Buffer;
  state: string;
  run_id: string | null;
}

describeWithEngines('a rebuild that meets poison', (engines) => {
  // Nothing is asked for again because a machine is slow, only because it was parked, which does not take that long.
  const stage = useStage(engines, { services: [], settings: { ASK_AGAIN_SECONDS: '60' } });
  let source: SourceDouble;
  let version = 0;
  let batches: object[][];
  beforeAll(async () => {
    source = await SourceDouble.join(stage);
    // Everybody but the trainee source, which the double plays.
    await Promise.all((['integration', 'recommendation', 'connection'] as const).map((app) => stage.start(app)));
  });
  afterAll(() => source?.leave());
  beforeEach(() => {
    version += 1;
    batches = traineeBatches(BATCHES, BATCH_SIZE, version);
  });

  async function start(): Promise<SyncStart> {
    return source.nextCommand(await triggerSync(stage));
  }

  async function sendAll(command: SyncStart, sequences: number[]): Promise<void> {
    for (const sequence of sequences) await source.sendBatch(command, sequence, batches[sequence - 1] as object[]);
  }

  function parked(messageId: string): Promise<Letter> {
    const read = async (): Promise<Letter | undefined> => {
      const sql =
        'SELECT reason, body, state, run_id FROM integration.dead_letter WHERE queue = $1 AND message_id = $2';
      return (await stage.query<Letter & Record<string, unknown>>(sql, [DATA_QUEUE, messageId]))[0];
    };
    return waitFor(`message ${messageId} to be parked`, read) as Promise<Letter>;
  }

  const unreadable: [what: string, body: (command: SyncStart) => object | string, labels: Labels, reason: RegExp][] = [
    ['is no JSON', () => '{"runId": "', {}, /UNREADABLE_JSON/],
    ['is of a type that nobody declared', (command) => command, { type: 'reval.unheard.of' }, /UNKNOWN_MESSAGE/],
    ['is of a version to come', (command) => command, { version: 99 }, /UNKNOWN_MESSAGE/],
    [
      'lacks what its schema demands',
      ({ runId, fence }) => ({ runId, fence, phase: 'trainees', source: 'tcs', sequence: 0, items: 'none' }),
      {},
      /SCHEMA_MISMATCH.*(sequence|items)/,
    ],
  ];

  it.each(unreadable)(
    'parks a message that %s, indexes its neighbours and ends incomplete',
    async (_, body, labels, reason) => {
      const command = await start();
      await sendAll(command, [1, 2, 3]);
      const messageId = await source.sendBody(body(command), { ...labels, runId: command.runId });
      await sendAll(command, [4, 5]);
      const letter = await parked(messageId);
      expect(letter).toMatchObject({ state: 'parked', reason: expect.stringMatching(reason), run_id: command.runId });
      await sendAll(command, [6]);
      await source.sendEnd(command, BATCHES, PEOPLE);
      const run = await endOfRun(stage, command.runId);
      expect(run.state).toBe('incomplete');
      const errors = (await issuesOf(stage, command.runId)).filter(({ severity }) => severity === 'error');
      expect(errors).toEqual([
        expect.objectContaining({ code: 'MESSAGE_PARKED', source: 'tcs', message: expect.stringMatching(reason) }),
      ]);
      expect((await stage.index.read()).size).toBe(PEOPLE);
    },
  );

  it('gives a parked message that names no run to the run that is active', async () => {
    const command = await start();
    const messageId = await source.sendBody('not even braces');
    await parked(messageId);
    await sendAll(command, [1, 2, 3, 4, 5, 6]);
    await source.sendEnd(command, BATCHES, PEOPLE);
    expect((await endOfRun(stage, command.runId)).state).toBe('incomplete');
    const issues = await issuesOf(stage, command.runId);
    expect(issues).toEqual([expect.objectContaining({ code: 'MESSAGE_PARKED', key: messageId })]);
  });

  it('gives up a batch that is unreadable each time it is sent, and concludes nothing from who was in it', async () => {
    const command = await start();
    await sendAll(command, [1, 2, 4, 5, 6]);
    await source.sendBody('broken', { runId: command.runId, fence: command.fence, sequence: 3, itemCount: BATCH_SIZE });
    await source.sendEnd(command, BATCHES, PEOPLE);
    for (let ask = 1; ask <= 3; ask++) {
      const again = await source.nextCommand(command.runId, `ask ${ask} for the batch`);
      expect(again.sequences).toEqual([3]);
      await source.sendBody('broken', {
        runId: command.runId,
        fence: command.fence,
        sequence: 3,
        itemCount: BATCH_SIZE,
      });
    }
    const run = await endOfRun(stage, command.runId);
    expect(run.state).toBe('incomplete');
    const issues = await issuesOf(stage, command.runId);
    expect(issues.filter(({ code }) => code === 'NOT_IN_SOURCE')).toEqual([]);
    expect(issues).toContainEqual(expect.objectContaining({ code: 'MESSAGE_PARKED', key: 'trainees/3' }));
    expect((await stage.index.read()).size).toBe(PEOPLE);
  });

  it('lists a bad item of a good message as one error, and indexes its neighbours', async () => {
    const command = await start();
    const [good, ...rest] = batches[0] as [Record<string, unknown>, ...Record<string, unknown>[]];
    const bad = { ...good, version: 'one', trainee: { ...(good['trainee'] as object), membershipEndDate: 'tomorrow' } };
    await source.sendBatch(command, 1, [bad, ...rest]);
    await sendAll(command, [2, 3, 4, 5, 6]);
    await source.sendEnd(command, BATCHES, PEOPLE);
    const run = await endOfRun(stage, command.runId);
    expect(run.state).toBe('incomplete');
    expect(phaseOf(run, 'trainees')).toMatchObject({ received: PEOPLE, written: PEOPLE - 1, rejected: 1 });
    expect(await issuesOf(stage, command.runId)).toEqual([
      expect.objectContaining({
        severity: 'error',
        source: 'tcs',
        key: '1',
        code: 'ITEM_INVALID',
        message: expect.stringMatching(/version/),
      }),
    ]);
    const documents = await stage.index.read();
    expect([documents.has('7000002'), documents.has('7000020')]).toEqual([true, true]);
  });

  it('never lets poison wait in front of good messages', async () => {
    const command = await start();
    for (let place = 0; place < 50; place++) await source.sendBody(`poison ${place}`, { runId: command.runId });
    await sendAll(command, [1, 2, 3, 4, 5, 6]);
    await untilRun(stage, command.runId, 'received everybody', (run) => phaseOf(run, 'trainees').received === PEOPLE);
    const count = 'SELECT count(*)::int AS letters FROM integration.dead_letter WHERE run_id = $1';
    const letters = async (): Promise<unknown> => (await stage.query(count, [command.runId]))[0];
    await waitFor('all poison to be parked', letters, {
      until: (row) => JSON.stringify(row) === '{"letters":50}',
    });
    await source.sendEnd(command, BATCHES, PEOPLE);
    expect((await endOfRun(stage, command.runId)).state).toBe('incomplete');
  });
});

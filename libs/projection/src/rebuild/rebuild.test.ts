import { type IndexRebuildReportV1, londonDate } from '@lockstep/contracts';
import { removeOutdated } from '@lockstep/database';
import type { SearchEngine, StoredDocument } from '@lockstep/search';
import { Clock, createSearchEngine } from '@lockstep/service';
import { aMasterDoctor, createTestPlaces, describeOnEveryEngine, type TestPlaces, waitFor } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { DateChanges } from '../date-changes/date-changes.js';
import { type GatedEngine, gated } from '../gated-engine.fixture.js';
import { Integration, type MasterRow } from '../integration.fixture.js';
import { ProjectedIndex } from '../projected-index.js';
import { startProjectingService, toyProjection } from '../projecting-service.fixture.js';
import { toProjectedRow } from '../projection.js';
import { projectionRetention } from '../projection.module.js';

const AS_OF = '2026-03-14';

describeOnEveryEngine('a projected index', (engines) => {
  let places: TestPlaces;
  let engine: GatedEngine;
  let integration: Integration;
  let app: NestExpressApplication;
  let fence = 0;

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    engine = gated(createSearchEngine(places));
    integration = await Integration.join(places.rabbitmqUrl, engine);
    app = await startProjectingService(places, engine);
  });

  afterAll(async () => {
    await app?.close();
    await integration?.close();
    await engine?.close();
    await places?.remove();
  });

  const command = (overrides: { asOf?: string; generation?: string } = {}) => {
    fence += 1;
    return integration.command({ fence, asOf: AS_OF, ...overrides });
  };
  const lastWord = async (runId: string): Promise<IndexRebuildReportV1> => {
    const find = () => integration.findLastWord(runId);
    return (await waitFor(`the last word on run ${runId}`, find, { timeoutMs: 60_000 }))!;
  };
  const rebuild = async (overrides: { asOf?: string; generation?: string } = {}) =>
    lastWord((await command(overrides)).runId);
  const activeIndex = async () => (await (await app.get(ProjectedIndex, { strict: false }).ready()).status()).active!;
  const shown = async (): Promise<Map<string, StoredDocument>> => {
    const { indexName } = await activeIndex();
    await engine.refresh(indexName);
    return readAll(engine, indexName);
  };
  const shownOne = async (id: string): Promise<StoredDocument | undefined> =>
    (await engine.getMany((await activeIndex()).indexName, [id]))[0];

  describe('rebuilt', () => {
    it('removes, after a restart at the latest, an index whose removal had failed', async () => {
      await integration.write([doctor('7100001', 1)]);
      for (let round = 0; round < 2; round += 1) await rebuild();
      const own = async () =>
        (await engine.listIndices()).filter(({ meta }) => meta.family === 'toy').map(({ name }) => name);
      expect(await own()).toHaveLength(2);
      engine.failDeletes(1);
      expect(await rebuild()).toMatchObject({ state: 'succeeded' });
      expect(await own()).toHaveLength(3);
      await app.close();
      app = await startProjectingService(places, engine);
      await waitFor('the orphan to go', async () => (await own()).length === 2);
      expect(await own()).toContain((await activeIndex()).indexName);
    });

    it('forgets long ago ended rebuilds, but not the newest, by which late commands are told', async () => {
      await integration.write([doctor('7100001', 1)]);
      for (let round = 0; round < 3; round += 1) await rebuild();
      const dataSource = app.get(DataSource, { strict: false });
      const fences = async () => {
        const rows: { fence: number }[] = await dataSource.query(
          'SELECT fence FROM projection_rebuild WHERE left_out IS NULL ORDER BY fence',
        );
        return rows.map((row) => row.fence);
      };
      const before = await fences();
      expect(before.length).toBeGreaterThanOrEqual(3);
      await dataSource.query(`UPDATE projection_rebuild SET finished_at = now() - interval '91 days'`);
      for (const rule of projectionRetention) await removeOutdated(dataSource, rule, { days: 90, runs: 500 });
      expect(await fences()).toEqual(before.slice(-1));
    });

    it('equals the projection of every document of the master, tombstones and hidden doctors included', async () => {
      const rows = [
        ...doctors(7_100_000, 2_500),
        gone('7109998', 4),
        doctor('7109999', 2, { membershipType: 'HIDDEN' }),
      ];
      await integration.write(rows);

      const report = await rebuild();

      expect(report).toMatchObject({ state: 'succeeded', error: null, rejected: 0, service: 'connection' });
      const master = await readAll(engine, integration.generation);
      expect(report).toMatchObject({ expected: master.size, received: master.size, written: master.size });
      const index = await shown();
      expect([...index.keys()].sort()).toEqual([...master.keys()].sort());
      for (const { id, version, document } of rows) {
        const { deleted } = toProjectedRow(toyProjection, { id, version, document }, AS_OF);
        const { gmcReferenceNumber, doctorLastName, membershipEndDate } = document ?? {};
        expect(index.get(id)).toMatchObject({ id, version, deleted });
        if (!deleted) {
          expect(index.get(id)?.document).toMatchObject({ gmcReferenceNumber, doctorLastName, membershipEndDate });
        }
      }
      expect(integration.reports.some(({ state }) => state === 'running')).toBe(true);
    });

    it("decides by the run's date, not by today's", async () => {
      await integration.write([doctor('7110001', 1, { membershipEndDate: '2019-06-30' })]);
      await rebuild({ asOf: '2019-06-29' });
      expect((await shownOne('7110001'))?.document).toMatchObject({ isOver: false, nextTransitionDate: '2019-06-30' });
      await rebuild({ asOf: '2019-06-30' });
      expect((await shownOne('7110001'))?.document).toMatchObject({ isOver: true, nextTransitionDate: null });
    });

    it('leaves out and counts what cannot be projected or stored, and nothing beside it', async () => {
      await integration.write([
        doctor('7120001', 1),
        doctor('7120002', 1, { membershipType: 'BROKEN' }),
        doctor('7120003', 1, { membershipType: 'REFUSED' }),
        doctor('7120004', 1),
      ]);
      onTestFinished(() => integration.write([gone('7120002', 2), gone('7120003', 2)]));

      const report = await rebuild();

      expect(report).toMatchObject({ state: 'succeeded', rejected: 2, received: report.expected });
      expect(report.written).toBe(report.received - 2);
      const index = await shown();
      expect(['7120001', '7120002', '7120003', '7120004'].map((id) => index.has(id))).toEqual([
        true,
        false,
        false,
        true,
      ]);
    });

    it('takes in a doctor that it had refused once a live change has put it right', async () => {
      await integration.write([doctor('7130001', 1, { membershipType: 'REFUSED' }), doctor('7130002', 1)]);
      const { indexName } = await activeIndex();
      const gate = engine.holdSeal();
      const { runId } = await command();
      await gate.reached;
      await integration.change(doctor('7130001', 2));
      await waitFor('the live change', async () => (await engine.getMany(indexName, ['7130001'])).length > 0);
      gate.open();
      expect(await lastWord(runId)).toMatchObject({ state: 'succeeded', rejected: 1 });
      expect(await shownOne('7130001')).toMatchObject({ version: 2, deleted: false });
    });

    it('fails with its reason and keeps what is shown when the generation of the master is gone', async () => {
      const before = await activeIndex();
      const report = await rebuild({ generation: 'masterdoctor-000099' });
      expect(report).toMatchObject({ state: 'failed', expected: null });
      expect(report.error).toMatch(/^MASTER_GENERATION_GONE: .*masterdoctor-000099.* start a new run/);
      expect((await activeIndex()).indexName).toBe(before.indexName);
      const family = await app.get(ProjectedIndex, { strict: false }).ready();
      expect(
        await waitFor('the leftovers to go', () => family.building(), { until: (each) => each === null }),
      ).toBeNull();
    });
  });

  it('waits for a search engine that is away, and goes on', async () => {
    engine.failScans(2);
    const report = await rebuild();
    expect(report).toMatchObject({ state: 'succeeded', received: report.expected });
    expect((await activeIndex()).runId).toBe(report.runId);
  });

  describe('asked for more than once', () => {
    it('does a repeated command once, and answers again when it has ended', async () => {
      const first = await command();
      await integration.command(first);
      const report = await lastWord(first.runId);
      const { indexName } = await activeIndex();
      const said = integration.reports.filter(
        ({ runId, state }) => runId === first.runId && state === 'succeeded',
      ).length;

      await integration.command(first);

      await waitFor('the same answer again', () => {
        const again = integration.reports.filter(({ runId, state }) => runId === first.runId && state === 'succeeded');
        return again.length > said;
      });
      expect(integration.reports.at(-1)).toEqual(report);
      expect((await activeIndex()).indexName).toBe(indexName);
      expect(await countRebuilds(app, first.runId)).toBe(1);
    });

    it('ignores a command that is older than the newest', async () => {
      fence += 1;
      await rebuild();
      const { indexName } = await activeIndex();
      const old = await integration.command({ fence: fence - 1 });
      // The next command goes through the same queue, so the old one was handled before it.
      await rebuild();
      expect(await countRebuilds(app, old.runId)).toBe(0);
      expect((await activeIndex()).indexName).not.toBe(indexName);
    });

    it('gives up what it builds for a newer command, and tells so', async () => {
      const gate = engine.holdScan();
      const older = await command();
      await gate.reached;
      const newer = await command();
      expect(await lastWord(older.runId)).toMatchObject({ state: 'failed' });
      gate.open();
      expect(await lastWord(newer.runId)).toMatchObject({ state: 'succeeded' });
      expect((await activeIndex()).runId).toBe(newer.runId);
      expect((await lastWord(older.runId)).error).toMatch(/^SUPERSEDED: /);
      expect((await engine.listIndices()).filter(({ meta }) => meta.runId === older.runId)).toEqual([]);
    });
  });

  describe('while it is rebuilt', () => {
    it('shows live changes after the swap, never an older one, and a deletion stays one', async () => {
      await integration.write([doctor('7200001', 5), doctor('7200002', 5), doctor('7200003', 5), doctor('7200004', 5)]);
      const gate = engine.holdScan();
      const { runId } = await command();
      await gate.reached;
      const changed = doctor('7200001', 6, { doctorLastName: 'Changed' });
      const created = doctor('7200009', 1, { doctorLastName: 'Created' });
      await integration.change(changed, gone('7200002', 6), created);
      await integration.announce(doctor('7200003', 4, { doctorLastName: 'Too late' }), doctor('7200004', 5));
      await waitFor('the live changes', () => shownOne('7200009'));
      gate.open();

      expect(await lastWord(runId)).toMatchObject({ state: 'succeeded' });
      expect((await activeIndex()).runId).toBe(runId);
      expect((await shownOne('7200001'))?.document).toMatchObject({ doctorLastName: 'Changed' });
      expect(await shownOne('7200002')).toMatchObject({ version: 6, deleted: true });
      expect(await shownOne('7200003')).toMatchObject({ version: 5, document: { doctorLastName: 'Doctor' } });
      expect((await shownOne('7200009'))?.document).toMatchObject({ doctorLastName: 'Created' });
    });

    it('answers readers without an error and without a missing row', async () => {
      await integration.write(doctors(7_210_000, 3_000));
      await rebuild();
      const { runId } = await command();
      const expected = await engine.count(toyProjection.family.schema, 'toyindex');
      const counts: number[] = [];
      let isDone = false;
      const reading = (async () => {
        while (!isDone || counts.length <= 3) counts.push(await engine.count(toyProjection.family.schema, 'toyindex'));
      })();
      await lastWord(runId);
      isDone = true;
      await reading;
      expect(counts.length).toBeGreaterThan(3);
      expect(new Set(counts)).toEqual(new Set([expected]));
    });
  });

  describe('kept up to date', () => {
    it('follows a change, a deletion and a doctor that is not shown any more', async () => {
      await integration.change(doctor('7300001', 1), doctor('7300002', 1));
      await waitFor('both', async () => (await shownOne('7300001')) && (await shownOne('7300002')));
      await integration.change(gone('7300001', 2), doctor('7300002', 2, { membershipType: 'HIDDEN' }));
      const isDeleted = async () =>
        [await shownOne('7300001'), await shownOne('7300002')].every((each) => each?.deleted);
      await waitFor('the tombstones', isDeleted);
      await integration.announce(doctor('7300001', 1));
      await integration.change(doctor('7300003', 1));
      await waitFor('a later change', () => shownOne('7300003'));
      expect(await shownOne('7300001')).toMatchObject({ version: 2, deleted: true });
    });

    it('parks a change that it cannot take with the reason, and takes its neighbours', async () => {
      await integration.change(doctor('7310001', 1), doctor('7310002', 1, { membershipType: 'BROKEN' }));
      await integration.change(doctor('7310003', 1, { membershipType: 'REFUSED' }));
      await integration.change(doctor('7310004', 1));
      await waitFor('the neighbours', async () => (await shownOne('7310001')) && (await shownOne('7310004')));
      const reasons = await waitFor('both parked messages', () => parkedReasons(app), {
        until: ({ length }) => length === 2,
      });
      expect(reasons.sort()).toEqual([
        expect.stringMatching(/^DOCUMENT_REJECTED: 7310003: .*notInTheSchema/),
        expect.stringMatching(/^PROJECTION_FAILED: 7310002: .*nobody has thought of/),
      ]);
      await integration.write([gone('7310002', 2), gone('7310003', 2)]);
    });

    it('shows what the passing of days changes, once the day has come', async () => {
      const clock = app.get(Clock);
      const today = londonDate(new Date());
      const tomorrow = londonDate(new Date(Date.now() + 86_400_000));
      await integration.change(doctor('7320001', 1, { membershipEndDate: tomorrow, doctorLastName: 'Ending' }));
      await waitFor('the doctor', () => shownOne('7320001'));
      const dates = app.get(DateChanges, { strict: false });
      await engine.refresh((await activeIndex()).indexName);
      await dates.apply();
      expect((await shownOne('7320001'))?.document).toMatchObject({ isOver: false, nextTransitionDate: tomorrow });

      const now = clock.now;
      onTestFinished(() => void Object.assign(clock, { now }));
      Object.assign(clock, { now: () => new Date(Date.now() + 86_400_000) });
      expect(await dates.apply()).toBeGreaterThanOrEqual(1);

      expect((await shownOne('7320001'))?.document).toMatchObject({ isOver: true, nextTransitionDate: null });
      await engine.refresh((await activeIndex()).indexName);
      expect(await dates.apply()).toBe(0);
      expect(today < tomorrow).toBe(true);
    });
  });
});

function doctor(id: string, version: number, stated: Partial<NonNullable<MasterRow['document']>> = {}): MasterRow {
  return { id, version, document: aMasterDoctor({ gmcReferenceNumber: id, doctorLastName: 'Doctor', ...stated }) };
}

function gone(id: string, version: number): MasterRow {
  return { id, version, document: null };
}

function doctors(first: number, count: number): MasterRow[] {
  return Array.from({ length: count }, (_, at) =>
    doctor(String(first + at), 1 + (at % 9), {
      doctorLastName: `Doctor ${at}`,
      membershipEndDate: `20${10 + (at % 40)}-01-31`,
    }),
  );
}

async function readAll(engine: SearchEngine, index: string): Promise<Map<string, StoredDocument>> {
  const documents = new Map<string, StoredDocument>();
  await engine.refresh(index);
  for await (const page of engine.scan(index, { tombstones: true })) for (const one of page) documents.set(one.id, one);
  return documents;
}

async function countRebuilds(app: NestExpressApplication, runId: string): Promise<number> {
  const rows: unknown[] = await app
    .get(DataSource)
    .query('SELECT 1 FROM projection_rebuild WHERE run_id = $1', [runId]);
  return rows.length;
}

async function parkedReasons(app: NestExpressApplication): Promise<string[]> {
  const rows: { reason: string }[] = await app.get(DataSource).query('SELECT reason FROM dead_letter');
  return rows.map(({ reason }) => reason);
}

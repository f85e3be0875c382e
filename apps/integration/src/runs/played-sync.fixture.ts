import {
  type GmcDoctorItemV1,
  gmcDoctorsUpdated,
  gmcSyncData,
  gmcSyncEnd,
  type IndexRebuildNeededV1,
  indexRebuildNeeded,
  indexRebuildReported,
  type MasterDoctorDocument,
  type MessageDefinition,
  type ProjectingService,
  SOURCE_OF_PHASE,
  type SourcePhase,
  type TraineeItemV1,
  traineeSyncData,
  traineeSyncEnd,
  traineesUpdated,
} from '@lockstep/contracts';
import type { ReceivedMessage } from '@lockstep/messaging';
import type { IndexFamily, SearchEngine } from '@lockstep/search';
import { SEARCH_ENGINE } from '@lockstep/service';
import { waitFor } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { GmcDoctorUpdatesConsumer } from '../live-updates/gmc-doctor-updates.consumer.js';
import { TraineeUpdatesConsumer } from '../live-updates/trainee-updates.consumer.js';
import { MASTER_FAMILY } from '../merge/master-family.js';
import { GmcDataConsumer } from './gmc-data.consumer.js';
import { IndexNeedsConsumer } from './index-needs.consumer.js';
import { ProjectionReportsConsumer } from './projection-reports.consumer.js';
import { isActive, type PhaseName, type RunState } from './run.js';
import { RunStore, type StoredRun } from './run.store.js';
import { TraineeDataConsumer } from './trainee-data.consumer.js';

type Items = { trainees: TraineeItemV1; gmc: GmcDoctorItemV1 };

const DATA = {
  trainees: { data: traineeSyncData, end: traineeSyncEnd, consumer: TraineeDataConsumer },
  gmc: { data: gmcSyncData, end: gmcSyncEnd, consumer: GmcDataConsumer },
} as const;
/** Far above what a run of a few records takes. */
const LIMIT_MS = 90_000;

/** Plays both sources and both projections of a service in this process: what they send goes straight to its consumers. */
export class PlayedSync {
  constructor(private readonly app: NestExpressApplication) {}

  get engine(): SearchEngine {
    return this.app.get<SearchEngine>(SEARCH_ENGINE, { strict: false });
  }

  get family(): IndexFamily {
    return this.app.get<IndexFamily>(MASTER_FAMILY, { strict: false });
  }

  get runs(): RunStore {
    return this.app.get(RunStore, { strict: false });
  }

  async sendBatch<Phase extends SourcePhase>(runId: string, phase: Phase, items: Items[Phase][]): Promise<void> {
    const { data, consumer } = DATA[phase];
    const payload = { ...(await this.header(runId, phase)), sequence: 1, items };
    await this.app.get<TraineeDataConsumer>(consumer).handle([received(data as MessageDefinition, payload)]);
  }

  async sendEnd(runId: string, phase: SourcePhase, batches: number, items: number): Promise<void> {
    const { end, consumer } = DATA[phase];
    const payload = { ...(await this.header(runId, phase)), batches, items };
    await this.app.get<TraineeDataConsumer>(consumer).handle([received(end, payload)]);
  }

  /** A whole sending, in one batch or, of nothing, in none. */
  async send<Phase extends SourcePhase>(runId: string, phase: Phase, items: Items[Phase][]): Promise<void> {
    await this.untilRunning(runId, phase);
    if (items.length > 0) await this.sendBatch(runId, phase, items);
    await this.sendEnd(runId, phase, items.length > 0 ? 1 : 0, items.length);
  }

  async changeTrainee(item: TraineeItemV1): Promise<void> {
    await this.app.get(TraineeUpdatesConsumer).handle([received(traineesUpdated, { items: [item] })]);
  }

  async changeDoctor(item: GmcDoctorItemV1): Promise<void> {
    await this.app.get(GmcDoctorUpdatesConsumer).handle([received(gmcDoctorsUpdated, { items: [item] })]);
  }

  /** Lets both projections answer that all is well, once they were told. */
  async answer(runId: string): Promise<void> {
    for (const service of ['recommendation', 'connection'] as const) await this.report(runId, service);
  }

  untilState(runId: string, state: RunState): Promise<StoredRun> {
    return this.until(runId, state, (run) => run.state === state);
  }

  untilRunning(runId: string, phase: PhaseName): Promise<StoredRun> {
    return this.until(runId, `${phase} is running`, ({ phases }) =>
      phases.some(({ name, state }) => name === phase && state === 'running'),
    );
  }

  /** What a projecting service says of its index. */
  async need(need: Omit<IndexRebuildNeededV1, 'service'>): Promise<void> {
    await this.app.get(IndexNeedsConsumer).handle([received(indexRebuildNeeded, { service: 'connection', ...need })]);
  }

  /** What readers see of a doctor, refreshed or not. */
  async shown(gmcNumber: string): Promise<MasterDoctorDocument | null | undefined> {
    const { active } = await this.family.status();
    const [found] = await this.engine.getMany(active?.indexName ?? '', [gmcNumber]);
    return found?.document as MasterDoctorDocument | null | undefined;
  }

  private async report(runId: string, service: ProjectingService): Promise<void> {
    const { fence } = await this.untilRunning(runId, service);
    const counts = { expected: 0, received: 0, written: 0, rejected: 0 };
    const payload = { runId, fence, service, state: 'succeeded' as const, ...counts, error: null };
    await this.app.get(ProjectionReportsConsumer).handle([received(indexRebuildReported, payload)]);
  }

  private async header(runId: string, phase: SourcePhase) {
    const { fence } = await this.load(runId);
    return { runId, fence, phase, source: SOURCE_OF_PHASE[phase] };
  }

  private until(runId: string, what: string, isSo: (run: StoredRun) => boolean): Promise<StoredRun> {
    return waitFor(`the run: ${what}`, () => this.load(runId), {
      timeoutMs: LIMIT_MS,
      everyMs: 20,
      until: (run) => {
        if (isSo(run)) return true;
        if (!isActive(run.state)) throw new Error(`the run is ${run.state}: ${JSON.stringify(run.error)}`);
        return false;
      },
    });
  }

  private async load(runId: string): Promise<StoredRun> {
    return (await this.runs.load(runId)) as StoredRun;
  }
}

/** A person on one programme. */
export function trainee(personId: number, gmcNumber: string, version = 1): TraineeItemV1 {
  return {
    key: String(personId),
    version,
    deleted: false,
    excluded: null,
    enteredGmcNumber: gmcNumber,
    trainee: {
      tcsPersonId: personId,
      gmcReferenceNumber: gmcNumber,
      doctorFirstName: 'Anne',
      doctorLastName: `Tis ${personId}`,
      programmeName: 'Surgery',
      membershipType: 'SUBSTANTIVE',
      programmeOwner: 'Wessex',
      tcsDesignatedBody: '1-1RUZUSF',
      membershipStartDate: '2025-01-01',
      membershipEndDate: '2027-01-01',
      curriculumEndDate: '2026-12-01',
      placementGrades: ['312'],
      programmes: [],
    },
  };
}

export function gmcDoctor(gmcNumber: string, version = 1): GmcDoctorItemV1 {
  return {
    key: gmcNumber,
    version,
    deleted: false,
    doctor: {
      gmcReferenceNumber: gmcNumber,
      doctorFirstName: 'Ann',
      doctorLastName: `Gmc ${version}`,
      submissionDate: '2026-08-01',
      dateAdded: '2020-01-01',
      lastUpdatedDate: '2026-01-01',
      designatedBody: '1-1RUZUSF',
      underNotice: 'YES',
      sanction: null,
      existsInGmc: true,
      gmcStatus: 'Approved',
      tisStatus: 'COMPLETED',
      admin: 'admin@example.org',
    },
  };
}

function received<T extends object>(definition: MessageDefinition<T>, payload: object): ReceivedMessage<T> {
  const { type, version } = definition;
  return {
    definition,
    type,
    version,
    payload: payload as T,
    messageId: '',
    attempt: 1,
    redelivered: false,
    headers: {},
  };
}

import { SOURCE_OF_PHASE, SOURCE_PHASES, type SourcePhase } from '@lockstep/contracts';
import { inTransaction, keysetPages } from '@lockstep/database';
import {
  type Authority,
  exceedsLoss,
  type Generation,
  type IndexFamily,
  type IndexRow,
  type VerificationReport,
} from '@lockstep/search';
import { failpoint, whenEngineAnswers } from '@lockstep/service';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { MASTER_FAMILY } from '../merge/master-family.js';
import { type EmptiedPart, MergeStore } from '../merge/merge.store.js';
import { type UnseenCount, UnseenStore } from '../merge/unseen.store.js';
import { IssueStore, type RunIssue } from './issue.store.js';
import { isActive, type PhaseName, type RunError } from './run.js';
import { RunStore, type StoredRun } from './run.store.js';

/** What came of a step. */
export type StepOutcome = { kind: 'finished' } | { kind: 'held' } | { kind: 'failed'; error: RunError };

const UNSEEN_PAGE = 1_000;
const FILL_PAGE = 1_000;

/**
 * The work of a rebuild that this service does itself. Each step may be executed again from its start after a crash:
 * generations are found again by their run, documents carry versions, and the swap compares before it sets.
 */
@Injectable()
export class RebuildSteps implements OnModuleInit {
  constructor(
    private readonly dataSource: DataSource,
    private readonly runs: RunStore,
    private readonly issues: IssueStore,
    private readonly merge: MergeStore,
    private readonly unseen: UnseenStore,
    @Inject(MASTER_FAMILY) private readonly family: IndexFamily,
  ) {}

  /** Before anything is read or written: the aliases answer from the first second, empty at first. */
  async onModuleInit(): Promise<void> {
    await whenEngineAnswers(() => this.family.ensure());
  }

  async execute(run: StoredRun, phase: PhaseName, signal: AbortSignal): Promise<StepOutcome> {
    switch (phase) {
      case 'master':
        return this.fillMaster(run, signal);
      case 'verify':
        return this.verifyMaster(run);
      case 'swap':
        return this.swapMaster(run);
      default:
        throw new Error(`${phase} is not a step of this service`);
    }
  }

  /** Drops what a run that has ended was building, also after a crash; the generation being served is never touched. */
  async discardLeftovers(): Promise<void> {
    const building = await this.family.building();
    if (!building) return;
    const run = await this.runs.load(building.runId);
    if (!run || !isActive(run.state)) await this.family.abandon(building);
  }

  /** Removes indexes of the master that no generation owns; answers their names. */
  async sweepOrphans(): Promise<string[]> {
    return this.family.sweepOrphans();
  }

  /** Compares what readers see with PostgreSQL and repairs it. */
  async check(): Promise<VerificationReport> {
    const { active } = await this.family.status();
    return this.family.check(this.authority(active?.runId ?? null));
  }

  /** The generation before the one that readers see, or after it; live changes have kept it up to date. */
  async exchange(direction: 'rollback' | 'rollforward'): Promise<Generation> {
    return this.family[direction]();
  }

  private async fillMaster(run: StoredRun, signal: AbortSignal): Promise<StepOutcome> {
    const sendings = await this.countUnseen(run);
    const losses = sendings.filter(({ known, unseen }) => exceedsLoss(known, known - unseen)).map(describeLoss);
    if (losses.length > 0 && run.approvedBy === null) return this.hold(run, 'master', losses);
    await this.emptyUnseen(run, sendings, signal);
    await this.issues.addWarningsOfParts(this.dataSource.manager, run.id);
    const generation = await this.family.begin({ runId: run.id, fence: run.fence });
    await this.runs.setGeneration(run.id, generation.indexName);
    await this.family.openTap(generation);
    failpoint('integration.master.tapOpen');
    const [count]: { total: number }[] = await this.dataSource.query(
      'SELECT count(*)::int AS total FROM master_doctor',
    );
    await this.runs.setCounters(run.id, 'master', { expected: count?.total ?? 0 });
    const filled = await this.family.fill(generation, this.masterPages(signal), {
      onProgress: async ({ read, written, rejected }) => {
        await this.runs.setCounters(run.id, 'master', { received: read, written, rejected });
        failpoint('integration.master.filling');
      },
    });
    signal.throwIfAborted();
    await this.runs.setCounters(run.id, 'master', {
      received: filled.read,
      written: filled.written + filled.stale,
      rejected: filled.rejectedCount,
    });
    await this.issues.add(
      this.dataSource.manager,
      run.id,
      filled.rejected.map(({ id, reason }) => ({
        severity: 'error' as const,
        source: 'integration',
        key: id,
        code: 'DOCUMENT_REJECTED',
        message: `The index refused the document: ${reason}`,
      })),
    );
    await this.family.seal(generation);
    failpoint('integration.master.filled');
    return { kind: 'finished' };
  }

  /**
   * What each source no longer has. Counted before anything is emptied: from then on every live change of such a doctor
   * would show readers what is left.
   */
  private async countUnseen(run: StoredRun): Promise<Sending[]> {
    const sendings: Sending[] = [];
    for (const { name, since } of completeSendings(run)) {
      sendings.push({ name, since, ...(await this.unseen.count(name, { runId: run.id, since })) });
    }
    return sendings;
  }

  /** Nothing is changed until somebody approves the run. */
  private async hold({ id }: StoredRun, phase: PhaseName, reasons: readonly string[]): Promise<StepOutcome> {
    const issue = { severity: 'warning', source: 'integration', key: phase, code: 'RUN_HELD' } as const;
    await this.issues.add(this.dataSource.manager, id, [{ ...issue, message: reasons.join(' ') }]);
    return { kind: 'held' };
  }

  /** What a complete sending did not contain is gone from the source. */
  private async emptyUnseen(run: StoredRun, sendings: readonly Sending[], signal: AbortSignal): Promise<void> {
    for (const { name, since } of sendings.filter(({ unseen }) => unseen > 0)) {
      while ((await this.emptyUnseenPage(run.id, name, since)) === UNSEEN_PAGE) signal.throwIfAborted();
    }
  }

  private async emptyUnseenPage(runId: string, phase: SourcePhase, since: Date): Promise<number> {
    return inTransaction(this.dataSource, async (manager) => {
      await this.merge.lockMerges(manager);
      const emptied = await this.merge.emptyUnseen(manager, phase, { runId, since, limit: UNSEEN_PAGE });
      await this.merge.usePlansByKey(manager);
      await this.merge.refreshMasters(
        manager,
        emptied.map((part) => part.gmcNumber).filter((number) => number !== null),
      );
      await this.issues.add(
        manager,
        runId,
        emptied.map((part) => notInSource(phase, part)),
      );
      return emptied.length;
    });
  }

  /** All master rows by key, tombstones included: an older live message must not bring a deleted doctor back. */
  private async *masterPages(signal: AbortSignal): AsyncGenerator<IndexRow[]> {
    const pages = keysetPages<IndexRow, string>({
      pageSize: FILL_PAGE,
      keyOf: (row) => row.id,
      read: (after, limit) =>
        this.dataSource.query(
          `SELECT gmc_number AS id, version, source::text AS source FROM master_doctor
           WHERE gmc_number > $1 ORDER BY gmc_number LIMIT $2`,
          [after ?? '', limit],
        ),
    });
    for await (const page of pages) {
      signal.throwIfAborted();
      yield page.rows;
    }
  }

  private async verifyMaster(run: StoredRun): Promise<StepOutcome> {
    const generation = await this.family.generationOf(run.id);
    const report = await this.family.verify(generation, this.authority(run.id));
    await this.runs.setReport(run.id, report);
    failpoint('integration.verified');
    if (report.outcome === 'failed') {
      return { kind: 'failed', error: { code: 'VERIFY_FAILED', message: report.problems.join('; ') } };
    }
    if (report.outcome !== 'held') return { kind: 'finished' };
    if (run.approvedBy === null) return this.hold(run, 'verify', report.problems);
    await this.family.approve(generation, run.approvedBy);
    return { kind: 'finished' };
  }

  private async swapMaster(run: StoredRun): Promise<StepOutcome> {
    failpoint('integration.swap.before');
    await this.family.swap({ runId: run.id, fence: run.fence });
    failpoint('integration.swap.after');
    return { kind: 'finished' };
  }

  /** PostgreSQL's side of the comparison; documents that the index refused are known issues and left out. */
  private authority(runId: string | null): Authority {
    const refused = `SELECT key FROM sync_issue WHERE run_id = $1::uuid AND code = 'DOCUMENT_REJECTED'`;
    return {
      bucketSums: () =>
        this.dataSource.query(
          `SELECT bucket, count(*) FILTER (WHERE NOT deleted)::int AS live, count(*) FILTER (WHERE deleted)::int AS tombstones,
                  sum(version % 1000000)::bigint AS "versionSum"
           FROM master_doctor WHERE gmc_number NOT IN (${refused}) GROUP BY bucket`,
          [runId],
        ),
      rowsOfBucket: (bucket) =>
        this.dataSource.query(
          `SELECT gmc_number AS id, version, source::text AS source FROM master_doctor
           WHERE bucket = $2 AND gmc_number NOT IN (${refused}) ORDER BY gmc_number`,
          [runId, bucket],
        ),
      sample: (size) =>
        this.dataSource.query(
          `SELECT gmc_number AS id, version, source::text AS source FROM master_doctor
           WHERE gmc_number NOT IN (${refused}) ORDER BY md5(gmc_number || coalesce($1::text, '')) LIMIT $2`,
          [runId, size],
        ),
    };
  }
}

/** What a source sent, and what it left out. */
interface Sending extends UnseenCount {
  name: SourcePhase;
  /** Its beginning. */
  since: Date;
}

function describeLoss({ name, known, unseen }: Sending): string {
  return `${SOURCE_OF_PHASE[name]} no longer has ${unseen} of ${known} records, which would be emptied.`;
}

/** Sendings from which something may be concluded, which those with gaps are not, and their beginnings. */
function completeSendings(run: StoredRun): { name: SourcePhase; since: Date }[] {
  return SOURCE_PHASES.flatMap((name) => {
    const phase = run.phases.find((one) => one.name === name);
    if (phase?.state !== 'done' || phase.startedAt === null || phase.hasGaps) return [];
    return [{ name, since: phase.startedAt }];
  });
}

function notInSource(phase: SourcePhase, part: EmptiedPart): RunIssue {
  return {
    severity: 'warning',
    source: SOURCE_OF_PHASE[phase],
    key: part.key,
    code: 'NOT_IN_SOURCE',
    message: 'The source no longer has this record: its part of the doctor was emptied.',
    row: { gmcNumber: part.gmcNumber },
  };
}

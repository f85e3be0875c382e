import { IsInstant } from '@lockstep/contracts';
import { Type } from 'class-transformer';
import {
  IsArray,
  IsIn,
  IsInt,
  IsNumber,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  ValidateNested,
} from 'class-validator';
import { paceOf } from './progress.js';
import { PHASES, RUN_STATES, type RunError, type RunState } from './run.js';
import type { StoredRun } from './run.store.js';

/** A phase of a run as it is served. */
export class PhaseAnswer {
  @IsIn(PHASES.map((phase) => phase.name))
  name!: string;

  @IsIn(['pending', 'running', 'done', 'skipped', 'failed'])
  state!: string;

  /** Records the phase will have; null while nobody knows. */
  @IsOptional()
  @IsInt()
  expected!: number | null;

  @IsInt()
  received!: number;

  @IsInt()
  written!: number;

  @IsInt()
  rejected!: number;

  @IsOptional()
  @IsInstant()
  startedAt!: string | null;

  @IsOptional()
  @IsInstant()
  finishedAt!: string | null;
}

/** A run as it is served, in lists, alone and in the stream of its events. */
export class RunAnswer {
  @IsUUID()
  runId!: string;

  @IsIn([...RUN_STATES])
  state!: RunState;

  @IsString()
  requestedBy!: string;

  @IsInstant()
  createdAt!: string;

  @IsOptional()
  @IsInstant()
  startedAt!: string | null;

  @IsOptional()
  @IsInstant()
  finishedAt!: string | null;

  /** Index the run builds or built; null before. */
  @IsOptional()
  @IsString()
  generation!: string | null;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => PhaseAnswer)
  phases!: PhaseAnswer[];

  /** Records a second of the running phase. */
  @IsOptional()
  @IsNumber()
  ratePerSecond!: number | null;

  /** Seconds until the running phase ends. */
  @IsOptional()
  @IsInt()
  etaSeconds!: number | null;

  @IsOptional()
  @IsObject()
  error!: RunError | null;
}

/** What a trigger answers. */
export class RunStartedAnswer {
  @IsUUID()
  runId!: string;

  @IsIn([...RUN_STATES])
  state!: RunState;
}

/** Something about a row of the run that its owner should look at. */
export class RunIssueAnswer {
  @IsIn(['error', 'warning'])
  severity!: string;

  @IsString()
  source!: string;

  @IsString()
  key!: string;

  @IsString()
  code!: string;

  @IsString()
  message!: string;

  @IsOptional()
  @IsObject()
  row!: object | null;
}

/** The stored run in the words of the contract. */
export function toRunAnswer(run: StoredRun): RunAnswer {
  const phases = run.phases.map((phase) => {
    const counters = run.counters.get(phase.name);
    return {
      name: phase.name,
      state: phase.state,
      expected: counters?.expected ?? null,
      received: counters?.received ?? 0,
      written: counters?.written ?? 0,
      rejected: counters?.rejected ?? 0,
      startedAt: phase.startedAt,
      finishedAt: phase.finishedAt,
    };
  });
  return {
    runId: run.id,
    state: run.state,
    requestedBy: run.requestedBy,
    createdAt: run.createdAt.toISOString(),
    startedAt: run.startedAt?.toISOString() ?? null,
    finishedAt: run.finishedAt?.toISOString() ?? null,
    generation: run.generation,
    phases: phases.map((phase) => ({
      ...phase,
      startedAt: phase.startedAt?.toISOString() ?? null,
      finishedAt: phase.finishedAt?.toISOString() ?? null,
    })),
    ...paceOf(phases, run.readAt),
    error: run.error,
  };
}

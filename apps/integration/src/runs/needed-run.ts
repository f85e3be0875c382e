import { randomUUID } from 'node:crypto';
import type { IndexNeedV1 } from '@lockstep/contracts';
import { masterDoctorSchema } from '@lockstep/projection';
import type { IndexFamily } from '@lockstep/search';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { MASTER_FAMILY } from '../merge/master-family.js';
import { RunStore } from './run.store.js';

/** Who asked for a run that nobody asked for. */
const REQUESTED_BY = 'lockstep';
/** While two versions of a service run side by side, each finds the other's index wrong: they must not rebuild in turn for ever. */
const PAUSE_SECONDS = 900;

/**
 * Starts a rebuild when an index needs one: its service was deployed with another schema, or its engine had lost it. Once
 * for each such index; when that did not help, an operator starts the next, and readiness stays degraded until then.
 */
@Injectable()
export class NeededRun {
  private readonly logger = new Logger(NeededRun.name);

  constructor(
    @Inject(MASTER_FAMILY) private readonly family: IndexFamily,
    private readonly runs: RunStore,
  ) {}

  /** For the master itself, unless an operator has just gone back to a former index of it. */
  async startForMaster(): Promise<void> {
    await this.family.ensureShown();
    const { active, previous, rebuildReason } = await this.family.status();
    if (active === null || rebuildReason === null) return;
    if (previous !== null && previous.number > active.number) return;
    await this.start({ generation: active.indexName, reason: rebuildReason, schemaHash: masterDoctorSchema.hash });
  }

  /** Changes nothing when a run is active, was started for the same index before, or follows another too soon. */
  async start({ generation, reason, schemaHash }: IndexNeedV1): Promise<void> {
    if (await this.runs.hasRecent(REQUESTED_BY, PAUSE_SECONDS)) return;
    const cause = `${reason} of ${generation}, schema ${schemaHash}`;
    const { run, outcome } = await this.runs.create(randomUUID(), REQUESTED_BY, cause);
    if (outcome === 'created') this.logger.warn(`Run ${run.id} was started for ${cause}.`);
  }
}

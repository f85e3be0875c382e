import { londonDate, type MasterDoctorsUpdatedV1, type MasterDoctorUpdateV1 } from '@lockstep/contracts';
import { ack, dead, type ReceivedMessage, type Verdict } from '@lockstep/messaging';
import { Clock } from '@lockstep/service';
import { Inject, Injectable } from '@nestjs/common';
import { ProjectedIndex } from '../projected-index.js';
import { PROJECTION, type ProjectedRow, type Projection, toProjectedRow } from '../projection.js';

/**
 * Changes of master doctors as they happen, written to every generation that is kept up to date. A doctor that cannot be
 * projected or stored parks its message; all others of the batch are written. A change that is seen again, or comes late,
 * changes nothing.
 */
@Injectable()
export class LiveUpdates {
  constructor(
    @Inject(PROJECTION) private readonly projection: Projection,
    private readonly index: ProjectedIndex,
    private readonly clock: Clock,
  ) {}

  /** One verdict a message. @throws when an engine is away: nothing is wrong with the messages */
  async take(messages: readonly ReceivedMessage<MasterDoctorsUpdatedV1>[]): Promise<Verdict[]> {
    const family = await this.index.ready();
    const today = londonDate(this.clock.now());
    const failed = new Map<MasterDoctorUpdateV1, string>();
    const items = messages.flatMap(({ payload }) => payload.items);
    const rows = items.flatMap((item) => this.toRow(item, today, failed) ?? []);
    const { rejected } = await family.writeLive(rows);
    const refused = new Map(rejected.map(({ id, reason }) => [id, `DOCUMENT_REJECTED: ${id}: ${reason}`]));
    const faultOf = (item: MasterDoctorUpdateV1) => failed.get(item) ?? refused.get(item.gmcNumber);
    return messages.map(({ payload }) => {
      const fault = payload.items.map(faultOf).find((each) => each !== undefined);
      return fault === undefined ? ack() : dead(fault);
    });
  }

  private toRow(
    item: MasterDoctorUpdateV1,
    today: string,
    failed: Map<MasterDoctorUpdateV1, string>,
  ): ProjectedRow | undefined {
    const { gmcNumber: id, version, deleted } = item;
    try {
      return toProjectedRow(this.projection, { id, version, document: deleted ? null : item.document }, today);
    } catch (error) {
      failed.set(item, `PROJECTION_FAILED: ${id}: ${String(error).slice(0, 300)}`);
      return undefined;
    }
  }
}

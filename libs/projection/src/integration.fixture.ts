import { randomUUID } from 'node:crypto';
import {
  type GetMasterCommandV1,
  getMasterCommand,
  type IndexRebuildNeededV1,
  type IndexRebuildReportV1,
  indexRebuildNeeded,
  indexRebuildNeededQueue,
  indexRebuildReported,
  indexRebuildReportedQueue,
  type MasterDoctorDocument,
  type MessageDefinition,
  masterDoctorsUpdated,
  REVALIDATION_EXCHANGE,
} from '@lockstep/contracts';
import { type Broker, createBroker } from '@lockstep/messaging';
import { type SearchEngine, toIndexSource } from '@lockstep/search';
import { masterDoctorAliases, masterDoctorSchema } from './master-doctor-index.js';

/** The messages between integration and the services that project its documents. */
export const PROJECTION_MESSAGES: readonly MessageDefinition[] = [
  getMasterCommand,
  masterDoctorsUpdated,
  indexRebuildReported,
  indexRebuildNeeded,
];

/** A master doctor as integration would write it; null is deleted. */
export interface MasterRow {
  readonly id: string;
  readonly version: number;
  readonly document: MasterDoctorDocument | null;
}

/** Takes integration's place: keeps a generation of the master, sends commands and changes, and keeps what is reported. */
export class Integration {
  readonly generation = 'masterdoctor-000001';
  readonly reports: IndexRebuildReportV1[] = [];
  readonly needs: IndexRebuildNeededV1[] = [];

  private constructor(
    private readonly engine: SearchEngine,
    private readonly broker: Broker,
  ) {}

  static async join(rabbitmqUrl: string, engine: SearchEngine): Promise<Integration> {
    const broker = createBroker({
      url: rabbitmqUrl,
      service: 'test-integration',
      catalogue: PROJECTION_MESSAGES,
      exchanges: [REVALIDATION_EXCHANGE],
    });
    const integration = new Integration(engine, broker);
    await broker.connect();
    const options = { batchSize: 20, batchWaitMs: 5, prefetch: 100, concurrency: 1 };
    await broker.subscribe(indexRebuildReportedQueue, options, async (deliveries) => {
      for (const { body } of deliveries) integration.reports.push(JSON.parse(body.toString('utf8')));
      return deliveries.map(() => ({ kind: 'ack' }));
    }).ready;
    await broker.subscribe(indexRebuildNeededQueue, options, async (deliveries) => {
      for (const { body } of deliveries) integration.needs.push(JSON.parse(body.toString('utf8')));
      return deliveries.map(() => ({ kind: 'ack' }));
    }).ready;
    await integration.createMaster();
    return integration;
  }

  /** Writes to the master alone, as a merge does before anything is sent. */
  async write(rows: readonly MasterRow[]): Promise<void> {
    const writes = rows.map(({ id, version, document }) => ({
      index: this.generation,
      id,
      version,
      source: toIndexSource(masterDoctorSchema, { id, version, document: document && { ...document } }),
    }));
    for (let at = 0; at < writes.length; at += 1_000) await this.engine.bulk(writes.slice(at, at + 1_000));
  }

  /** Writes and announces, in one message. */
  async change(...rows: readonly MasterRow[]): Promise<void> {
    await this.write(rows);
    await this.announce(...rows);
  }

  /** Announces without writing: a message that comes late or again. */
  async announce(...rows: readonly MasterRow[]): Promise<void> {
    const items = rows.map(({ id, version, document }) => ({
      gmcNumber: id,
      version,
      deleted: document === null,
      document,
    }));
    await this.publish(masterDoctorsUpdated, { items });
  }

  /** Asks for a rebuild; answers the command, to be repeated as it is. */
  async command(command: Partial<GetMasterCommandV1> & { fence: number }): Promise<GetMasterCommandV1> {
    const whole = { runId: randomUUID(), generation: this.generation, asOf: '2026-03-14', ...command };
    await this.publish(getMasterCommand, whole);
    return whole;
  }

  /** The service's last word on a run, once it has come. */
  findLastWord(runId: string): IndexRebuildReportV1 | undefined {
    return this.reports.find((report) => report.runId === runId && report.state !== 'running');
  }

  async close(): Promise<void> {
    await this.broker.drain(5_000);
    await this.broker.close();
  }

  private async createMaster(): Promise<void> {
    await this.engine.createIndex(this.generation, masterDoctorSchema, {
      family: 'masterdoctor',
      generation: 1,
      fence: 1,
      runId: randomUUID(),
      installation: randomUUID(),
      schemaHash: masterDoctorSchema.hash,
    });
    await this.engine.finishFill(this.generation);
    const swaps = masterDoctorAliases.map((alias) => ({ ...alias, alias: alias.name, from: [], to: this.generation }));
    await this.engine.swapAliases(masterDoctorSchema, swaps);
  }

  private publish({ exchange, routingKey, type, version }: MessageDefinition, payload: object): Promise<void> {
    const headers = { 'x-message-version': version, 'x-attempt': 1 };
    const body = Buffer.from(JSON.stringify(payload));
    return this.broker.publish({ exchange, routingKey, body, properties: { messageId: randomUUID(), type, headers } });
  }
}

import { randomUUID } from 'node:crypto';
import { messages } from '@lockstep/contracts';
import { buildRabbitDefinitions } from '@lockstep/messaging';
import { waitFor } from '@lockstep/testing';
import amqp, { type ChannelModel, type ConfirmChannel } from 'amqplib';
import type { Stage } from '../stage/stage.js';

const EXCHANGE = 'reval.exchange';
const DATA_KEY = 'reval.connection.syncdata';
const COMMANDS = 'reval.queue.connection.syncstart';
export const DATA_QUEUE = 'reval.queue.connection.syncdata';

/** A command as the trainee source receives it. */
export interface SyncStart {
  runId: string;
  fence: number;
  phase: string;
  batchSize: number;
  asOf: string;
  sequences?: number[];
}

/** What a message says of itself; each part can be wrong on purpose. */
export interface Labels {
  type?: string;
  version?: number;
  runId?: string;
  fence?: number;
  sequence?: number;
  itemCount?: number;
  messageId?: string;
}

/**
 * Plays the trainee source on plain amqplib: takes its commands and sends whatever a test wants, in whatever order. It
 * also loads the definitions first, as an installation does, so that a command has a queue before anybody consumes it.
 */
export class SourceDouble {
  readonly commands: SyncStart[] = [];
  private readonly taken = new Set<number>();

  private constructor(
    private readonly connection: ChannelModel,
    private readonly channel: ConfirmChannel,
  ) {}

  static async join(stage: Stage): Promise<SourceDouble> {
    await stage.rabbit.importDefinitions(buildRabbitDefinitions(messages));
    const connection = await amqp.connect(stage.brokerUrl, { noDelay: true });
    connection.on('error', () => undefined);
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => undefined);
    const double = new SourceDouble(connection, channel);
    await channel.consume(COMMANDS, (message) => {
      if (!message) return;
      double.commands.push(JSON.parse(message.content.toString()));
      channel.ack(message);
    });
    return double;
  }

  /** The next command of a run that was not taken yet. */
  async nextCommand(runId: string, what = 'the syncStart of the run'): Promise<SyncStart> {
    const find = (): number =>
      this.commands.findIndex((command, place) => command.runId === runId && !this.taken.has(place));
    const place = await waitFor(what, find, { timeoutMs: 60_000, until: (found) => found >= 0 });
    this.taken.add(place);
    return this.commands[place] as SyncStart;
  }

  async sendBatch(command: SyncStart, sequence: number, items: object[]): Promise<void> {
    const { runId, fence, phase } = command;
    await this.sendBody(
      { runId, fence, phase, source: 'tcs', sequence, items },
      { runId, fence, sequence, itemCount: items.length },
    );
  }

  async sendEnd({ runId, fence, phase }: SyncStart, batches: number, items: number): Promise<void> {
    await this.sendBody(
      { runId, fence, phase, source: 'tcs', batches, items },
      { type: 'reval.connection.syncend', runId, fence },
    );
  }

  /** Resolves when the broker has it; any body, any labels. */
  async sendBody(body: object | string, labels: Labels = {}): Promise<string> {
    const { type = DATA_KEY, version = 1, messageId = randomUUID() } = labels;
    const headers = {
      'x-message-version': version,
      'x-attempt': 1,
      ...(labels.runId ? { 'x-run-id': labels.runId } : {}),
      ...(labels.fence ? { 'x-fence': labels.fence } : {}),
      ...(labels.sequence ? { 'x-sequence': labels.sequence } : {}),
      ...(labels.itemCount ? { 'x-item-count': labels.itemCount } : {}),
    };
    const content = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    this.channel.publish(EXCHANGE, DATA_KEY, content, {
      persistent: true,
      mandatory: true,
      contentType: 'application/json',
      type,
      messageId,
      headers,
    });
    await this.channel.waitForConfirms();
    return messageId;
  }

  async leave(): Promise<void> {
    await this.connection.close().catch(() => undefined);
  }
}

/** A person as the source sends one, on one current programme of a known owner. */
export function trainee(
  personId: number,
  gmcNumber: string,
  change: { version?: number; surname?: string } = {},
): object {
  const { version = 1, surname = `Surname ${personId}` } = change;
  const programme = {
    programmeName: 'General Practice Leeds',
    programmeOwner: 'Yorkshire and the Humber',
    membershipType: 'SUBSTANTIVE',
    curriculumEndDate: '2031-08-03',
  };
  return {
    key: String(personId),
    version,
    deleted: false,
    excluded: null,
    enteredGmcNumber: gmcNumber,
    trainee: {
      ...programme,
      tcsPersonId: personId,
      gmcReferenceNumber: gmcNumber,
      doctorFirstName: 'Aoife',
      doctorLastName: surname,
      tcsDesignatedBody: '1-1RSG4X0',
      membershipStartDate: '2020-08-07',
      membershipEndDate: '2031-08-03',
      placementGrades: ['312'],
      programmes: [
        {
          ...programme,
          programmeNumber: 'YHD8124',
          designatedBody: '1-1RSG4X0',
          startDate: '2020-08-07',
          endDate: '2031-08-03',
        },
      ],
    },
  };
}

/** Batches of generated trainees of one version: person ids and GMC numbers follow from the place. */
export function traineeBatches(batches: number, size: number, version = 1): object[][] {
  return Array.from({ length: batches }, (_, batch) =>
    Array.from({ length: size }, (_, place) => {
      const personId = 1 + batch * size + place;
      return trainee(personId, String(7_000_000 + personId), { version });
    }),
  );
}

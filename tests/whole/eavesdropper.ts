import { waitFor } from '@lockstep/testing';
import amqp, { type ChannelModel, type ConfirmChannel, type ConsumeMessage } from 'amqplib';
import type { Stage } from '../stage/stage.js';

const EXCHANGE = 'reval.exchange';
/** Changes of people, of GMC doctors, and of master doctors. */
const LIVE_KEYS = [
  'reval.connection.update',
  'reval.revalidationsummary.updated',
  'reval.masterdoctorview.updated',
] as const;

/** Keeps a copy of every live message, and can send it again as the broker would: the same body under the same id. */
export class Eavesdropper {
  private readonly heard: ConsumeMessage[] = [];

  private constructor(
    private readonly connection: ChannelModel,
    private readonly channel: ConfirmChannel,
  ) {}

  static async join(stage: Stage): Promise<Eavesdropper> {
    const connection = await amqp.connect(stage.rabbitUrl, { noDelay: true });
    connection.on('error', () => undefined);
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => undefined);
    const ear = new Eavesdropper(connection, channel);
    const { queue } = await channel.assertQueue('', { exclusive: true });
    for (const key of LIVE_KEYS) await channel.bindQueue(queue, EXCHANGE, key);
    await channel.consume(queue, (message) => message && ear.heard.push(message), { noAck: true });
    return ear;
  }

  /** The messages heard so far that say this, one of each key told; waits for them. */
  async messagesSaying(text: string, keys: readonly string[]): Promise<ConsumeMessage[]> {
    const find = (): ConsumeMessage[] => this.heard.filter(({ content }) => content.toString().includes(text));
    return waitFor(`messages saying ${text} under ${keys.join(', ')}`, find, {
      timeoutMs: 30_000,
      until: (found) => keys.every((key) => found.some(({ fields }) => fields.routingKey === key)),
    });
  }

  /** Sends messages again; resolves when the broker has them in their queues. */
  async again(messages: readonly ConsumeMessage[]): Promise<void> {
    for (const { fields, properties, content } of messages) {
      this.channel.publish(EXCHANGE, fields.routingKey, content, { ...properties, mandatory: true });
    }
    await this.channel.waitForConfirms();
  }

  async leave(): Promise<void> {
    await this.connection.close().catch(() => undefined);
  }
}

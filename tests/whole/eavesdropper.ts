import { randomUUID } from 'node:crypto';
import {
  defineQueue,
  gmcDoctorsUpdated,
  type MessageDefinition,
  masterDoctorsUpdated,
  REVALIDATION_EXCHANGE,
  traineesUpdated,
} from '@lockstep/contracts';
import { type Broker, createBroker, type Delivery } from '@lockstep/messaging';
import { waitFor } from '@lockstep/testing';
import type { Stage } from '../stage/stage.js';

/** Changes of people, of GMC doctors, and of master doctors. */
const LIVE: readonly MessageDefinition[] = [traineesUpdated, gmcDoctorsUpdated, masterDoctorsUpdated];

/** Keeps a copy of every live message, and can send it again as the broker would: the same body under the same id. */
export class Eavesdropper {
  private readonly heard: Delivery[] = [];

  private constructor(
    private readonly stage: Stage,
    private readonly broker: Broker,
    private readonly queue: string,
  ) {}

  static async join(stage: Stage): Promise<Eavesdropper> {
    const queue = defineQueue({ name: `test.queue.ear-${randomUUID()}`, consumer: 'integration', retryDelaysMs: [] });
    const broker = createBroker({
      url: stage.brokerUrl,
      service: 'test-ear',
      catalogue: LIVE.map((message) => ({ ...message, queues: [queue] })),
      exchanges: [REVALIDATION_EXCHANGE],
    });
    await broker.connect();
    const ear = new Eavesdropper(stage, broker, queue.name);
    const options = { batchSize: 20, batchWaitMs: 5, prefetch: 100, concurrency: 1 };
    const subscription = broker.subscribe(queue, options, async (deliveries) => {
      ear.heard.push(...deliveries);
      return deliveries.map(() => ({ kind: 'ack' }));
    });
    await subscription.ready;
    return ear;
  }

  /** The messages heard so far that say this, one of each key told; waits for them. */
  async messagesSaying(text: string, keys: readonly string[]): Promise<Delivery[]> {
    const find = (): Delivery[] => this.heard.filter(({ body }) => body.toString().includes(text));
    return waitFor(`messages saying ${text} under ${keys.join(', ')}`, find, {
      until: (found) => keys.every((key) => found.some(({ routingKey }) => routingKey === key)),
    });
  }

  /** Sends messages again; resolves when the broker has them in their queues. */
  async again(messages: readonly Delivery[]): Promise<void> {
    const sent = messages.map(({ exchange, routingKey, body, properties }) =>
      this.broker.publish({
        exchange,
        routingKey,
        body,
        properties: { ...properties, messageId: properties.messageId ?? randomUUID() },
      }),
    );
    await Promise.all(sent);
  }

  /** Takes its queue away too: nobody would empty it. */
  async leave(): Promise<void> {
    await this.broker.close();
    if (this.stage.engines.kind === 'real') await this.stage.rabbit.deleteQueue(this.queue);
    else await this.stage.query('DELETE FROM broker.queue WHERE name = $1', [this.queue]);
  }
}

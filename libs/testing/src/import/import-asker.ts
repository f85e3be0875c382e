import { randomUUID } from 'node:crypto';
import {
  IMPORT_EXCHANGE,
  type ImportLinkItemV1,
  type ImportObjectItemV1,
  type ImportResultItemV1,
  type ImportResultV1,
  importResult,
  importResultQueue,
} from '@lockstep/contracts';
import amqp from 'amqplib';
import { waitFor } from '../wait-for.js';

/** What an object is asked for; what is left out is empty, the action is `create`. */
export type AskedObject = Partial<Pick<ImportObjectItemV1, 'action' | 'fields' | 'identifierIds' | 'parents'>>;

/** What a link is asked for. */
export type AskedLink = Pick<ImportLinkItemV1, 'child' | 'parent'> & Partial<Pick<ImportLinkItemV1, 'properties'>>;

/** A request as it was sent, to be sent again. */
export interface SentRequest {
  readonly kind: 'object' | 'link';
  readonly dispatchId: string;
  readonly body: object;
  readonly ids: readonly string[];
}

/** Stands where `import` stands for the service that owns objects: asks it, and keeps what it answers. */
export interface ImportAsker {
  /** Every answer, in the order of arrival. */
  readonly results: ImportResultV1[];
  /** Sends a request for objects, or for links, without waiting. */
  sendObjects(objectType: string, items: readonly AskedObject[]): Promise<SentRequest>;
  sendLinks(linkTag: string, items: readonly AskedLink[]): Promise<SentRequest>;
  /** Sends a request once more, as when its answer was lost. */
  sendAgain(request: SentRequest): Promise<void>;
  /** Waits until a request was answered `times` over, and answers its items in their order. @default once */
  answersTo(request: SentRequest, times?: number): Promise<ImportResultItemV1[]>;
  /** Asks and waits for the answers, in the order asked. */
  objects(objectType: string, items: readonly AskedObject[]): Promise<ImportResultItemV1[]>;
  links(linkTag: string, items: readonly AskedLink[]): Promise<ImportResultItemV1[]>;
  close(): Promise<void>;
}

/** Asks `service` over a real RabbitMQ. The service must have been up once, so that its queues are there. */
export async function openImportAsker(rabbitmqUrl: string, service: string): Promise<ImportAsker> {
  const connection = await amqp.connect(rabbitmqUrl, { noDelay: true });
  const channel = await connection.createConfirmChannel();
  await channel.assertExchange(IMPORT_EXCHANGE, 'topic', { durable: true });
  await channel.assertQueue(importResultQueue.name, { durable: true, arguments: { 'x-queue-type': 'quorum' } });
  await channel.bindQueue(importResultQueue.name, IMPORT_EXCHANGE, importResult.routingKey);
  const results: ImportResultV1[] = [];
  await channel.consume(
    importResultQueue.name,
    (message) => {
      if (message) results.push(JSON.parse(message.content.toString('utf8')));
    },
    { noAck: true },
  );

  const importBatchId = randomUUID();
  const publish = ({ kind, body }: SentRequest): Promise<void> => {
    const type = `import.${kind}.request.${service}`;
    const headers = { 'x-message-version': 1, 'x-attempt': 1 };
    const properties = { persistent: true, messageId: randomUUID(), type, contentType: 'application/json', headers };
    channel.publish(IMPORT_EXCHANGE, type, Buffer.from(JSON.stringify(body)), properties);
    return channel.waitForConfirms();
  };
  const send = async (kind: SentRequest['kind'], what: object, count: number, toItem: ToItem): Promise<SentRequest> => {
    const dispatchId = randomUUID();
    const ids = Array.from({ length: count }, (_, index) => `${dispatchId}:${index}`);
    const items = ids.map((id, index) => ({ idempotencyKey: id, ...toItem(id, index) }));
    const request = { kind, dispatchId, ids, body: { importBatchId, dispatchId, attempt: 1, ...what, items } };
    await publish(request);
    return request;
  };
  const sendObjects: ImportAsker['sendObjects'] = (objectType, asked) =>
    send('object', { objectType }, asked.length, (pendingObjectId, index) => ({
      pendingObjectId,
      action: 'create',
      fields: {},
      identifierIds: null,
      parents: [],
      ...asked[index],
    }));
  const sendLinks: ImportAsker['sendLinks'] = (linkTag, asked) =>
    send('link', { linkTag }, asked.length, (pendingLinkId, index) => ({
      pendingLinkId,
      properties: null,
      ...asked[index],
    }));
  const answersTo: ImportAsker['answersTo'] = (request, times = 1) =>
    waitFor(`answers to ${request.dispatchId}`, () => {
      const items = results.filter((each) => each.dispatchId === request.dispatchId).flatMap((each) => each.items);
      if (items.length < request.ids.length * times) return undefined;
      const byId = new Map(items.map((item) => [item.id, item]));
      return request.ids.map((id) => byId.get(id) as ImportResultItemV1);
    }) as Promise<ImportResultItemV1[]>;

  return {
    results,
    sendObjects,
    sendLinks,
    sendAgain: publish,
    answersTo,
    objects: async (objectType, asked) => answersTo(await sendObjects(objectType, asked)),
    links: async (linkTag, asked) => answersTo(await sendLinks(linkTag, asked)),
    close: () => connection.close(),
  };
}

type ToItem = (id: string, index: number) => object;

import {
  IMPORT_ACTIONS,
  ImportLinkItemV1,
  type ImportLinkRequestV1,
  ImportObjectItemV1,
  type ImportObjectRequestV1,
  type ImportResultItemV1,
  type ImportResultV1,
  importResult,
} from '@lockstep/contracts';
import { inTransaction } from '@lockstep/database';
import { ack, dead, Outbox, type Verdict } from '@lockstep/messaging';
import { failpoint } from '@lockstep/service';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager, QueryFailedError } from 'typeorm';
import { type ItemAnswer, refuse } from './item-answer.js';
import { OWNED, type Owned, type OwnedType, type OwnerWork } from './owned.js';
import { KeyTakenError, ProcessedKeys } from './processed-keys.store.js';
import { type ReadRequest, type RequestItem, readRequest } from './read-request.js';

/** Times that a request is looked at anew because another replica has answered the same items meanwhile. */
const MAX_LOOKS = 5;

type Head = Pick<ImportResultV1, 'importBatchId' | 'dispatchId' | 'kind'>;

/**
 * Does what an import asks of this service: each item once, however often it is asked. What is made, the fact that it was
 * made, and the answer are one transaction; a request is acknowledged after it.
 */
@Injectable()
export class ImportRequests {
  private readonly log = new Logger('ownership');

  constructor(
    @Inject(OWNED) private readonly owned: Owned,
    private readonly dataSource: DataSource,
    private readonly keys: ProcessedKeys,
    private readonly outbox: Outbox,
  ) {}

  /** Objects of one type. */
  takeObjects(request: ImportObjectRequestV1): Promise<Verdict> {
    const read = readRequest(request.items, ImportObjectItemV1, 'pendingObjectId');
    return this.take(headOf(request, 'object'), read, workOn(request.objectType, this.owned.objects));
  }

  /** Links of one tag. */
  takeLinks(request: ImportLinkRequestV1): Promise<Verdict> {
    const read = readRequest(request.items, ImportLinkItemV1, 'pendingLinkId');
    return this.take(headOf(request, 'link'), read, linkWork(request.linkTag, this.owned.links));
  }

  private async take<Item>(head: Head, read: ReadRequest<Item>, work: OwnerWork<Item>): Promise<Verdict> {
    const { good, wrong, nameless } = read;
    if (nameless > 0) {
      this.log.warn(`${nameless} items of dispatch ${head.dispatchId} have no id; nobody can be told of them`);
      if (good.length + wrong.length === 0) return dead('ITEM_WITHOUT_ID: no item says under which id it is awaited');
    }
    if (wrong.length > 0) {
      const items = wrong.map(({ id, answer }) => toResultItem(id, answer));
      await inTransaction(this.dataSource, (manager) => this.outbox.add(manager, importResult, { ...head, items }));
    }
    if (good.length > 0) await this.settle(head, good, work);
    failpoint('ownership.committed');
    return ack();
  }

  /** What the database refuses is found by halves, so that one item never costs its neighbours. */
  private async settle<Item>(head: Head, items: readonly RequestItem<Item>[], work: OwnerWork<Item>): Promise<void> {
    try {
      await this.answerAll(head, items, work);
    } catch (error) {
      if (!isRefusedByDatabase(error)) throw error;
      if (items.length === 1) {
        this.log.warn(`item of dispatch ${head.dispatchId} refused by the database: ${error.message}`);
        await this.answerAll(head, items, async () => [refusalOf(error, head)]);
        return;
      }
      const middle = Math.ceil(items.length / 2);
      await this.settle(head, items.slice(0, middle), work);
      await this.settle(head, items.slice(middle), work);
    }
  }

  private async answerAll<Item>(head: Head, items: readonly RequestItem<Item>[], work: OwnerWork<Item>): Promise<void> {
    for (let look = 1; ; look++) {
      try {
        await inTransaction(this.dataSource, (manager) => this.answer(manager, head, items, work));
        return;
      } catch (error) {
        if (!(error instanceof KeyTakenError) || look === MAX_LOOKS) throw error;
      }
    }
  }

  private async answer<Item>(
    manager: EntityManager,
    head: Head,
    items: readonly RequestItem<Item>[],
    work: OwnerWork<Item>,
  ): Promise<void> {
    const byKey = new Map(items.map((item) => [item.key, item]));
    const answers = await this.keys.find(manager, head.dispatchId, [...byKey.keys()]);
    const fresh = [...byKey.values()].filter(({ key }) => !answers.has(key));
    const made =
      fresh.length > 0
        ? await work(
            manager,
            fresh.map(({ item }) => item),
          )
        : [];
    if (made.length !== fresh.length) throw new TypeError(`${fresh.length} items were asked, ${made.length} answered`);
    failpoint('ownership.made');
    const kept = fresh.map(({ key }, index) => ({ key, answer: made[index] as ItemAnswer }));
    await this.keys.keep(manager, head.dispatchId, kept);
    failpoint('ownership.kept');
    for (const { key, answer } of kept) answers.set(key, answer);
    const results = items.map(({ id, key }) => toResultItem(id, answers.get(key) as ItemAnswer));
    await this.outbox.add(manager, importResult, { ...head, items: results });
    failpoint('ownership.told');
  }
}

function headOf(request: { readonly importBatchId: string; readonly dispatchId: string }, kind: Head['kind']): Head {
  return { importBatchId: request.importBatchId, dispatchId: request.dispatchId, kind };
}

/** Each action at once, in the order in which they may depend on each other. */
function workOn(type: string, owned: Owned['objects']): OwnerWork<ImportObjectItemV1> {
  const handler = ownValue(owned, type);
  if (!handler) return refusing('UNKNOWN_OBJECT_TYPE', `This service has no objects of type "${type.slice(0, 100)}".`);
  return async (manager, items) => {
    const answers = new Map<ImportObjectItemV1, ItemAnswer>();
    for (const action of IMPORT_ACTIONS) {
      const asked = items.filter((item) => item.action === action);
      if (asked.length === 0) continue;
      const done = await actionOf(handler, type, action)(manager, asked);
      for (const [index, item] of asked.entries()) answers.set(item, done[index] as ItemAnswer);
    }
    return items.map((item) => answers.get(item) as ItemAnswer);
  };
}

function actionOf(
  handler: OwnedType,
  type: string,
  action: (typeof IMPORT_ACTIONS)[number],
): OwnerWork<ImportObjectItemV1> {
  return handler[action] ?? refusing('UNSUPPORTED_ACTION', `Objects of type "${type}" cannot be asked to ${action}.`);
}

function linkWork(tag: string, owned: Owned['links']): OwnerWork<ImportLinkItemV1> {
  return ownValue(owned, tag) ?? refusing('INVALID_LINK_TAG', `This service makes no links "${tag.slice(0, 100)}".`);
}

function refusing<Item>(code: string, message: string): OwnerWork<Item> {
  return async (_manager, items) => items.map(() => refuse(code, message));
}

/** A name from a message must not find what every object has. */
function ownValue<T>(record: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}

/** Data that does not fit (class 22) or breaks a constraint (class 23). */
function isRefusedByDatabase(error: unknown): error is QueryFailedError {
  if (!(error instanceof QueryFailedError)) return false;
  return /^2[23]/.test(String((error.driverError as { code?: string }).code));
}

/** Names the constraint, no value: those may be personal. */
function refusalOf(error: QueryFailedError, { kind }: Head): ItemAnswer {
  const { constraint } = error.driverError as { constraint?: string };
  const message = `The database refuses it${constraint ? `: ${constraint}` : ''}.`;
  return refuse(kind === 'link' ? 'LINK_CREATE_FAILED' : 'CREATE_FAILED', message);
}

function toResultItem(id: string, answer: ItemAnswer): ImportResultItemV1 {
  if (answer.kind === 'refused') return { id, status: 'error', identifierIds: null, errorsFound: answer.faults };
  return { id, status: 'complete', identifierIds: answer.identifierIds, errorsFound: [] };
}

import type {
  IdentifierIds,
  ImportFault,
  ImportLinkEnd,
  ImportLinkRequestV1,
  ImportObjectRequestV1,
  ImportParent,
  ImportResultItemV1,
  ImportResultV1,
} from '@lockstep/contracts';

/** One object or link as an owner was asked for it. */
export interface AskedItem {
  readonly kind: 'object' | 'link';
  /** The owner's type of an object, the tag of a link. */
  readonly type: string;
  /** `pendingObjectId` or `pendingLinkId`. */
  readonly id: string;
  readonly key: string;
  /** How often this key was asked for, this time included. */
  readonly time: number;
  readonly action: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly parents: readonly ImportParent[];
  /** Ends of a link, child first. */
  readonly ends: readonly ImportLinkEnd[];
}

/** What an owner does with an item. `silent`: nothing is answered, as when the reply is lost. */
export type OwnerReply =
  | { readonly kind: 'complete'; readonly identifierIds?: IdentifierIds | null }
  | { readonly kind: 'error'; readonly fault?: Partial<ImportFault> }
  | { readonly kind: 'silent' };

/** Decides for each item. @default everything is made, with an id that is its key */
export type OwnerRule = (item: AskedItem) => OwnerReply;

/** What was made, in the order in which it was. */
export interface MadeItem {
  readonly kind: 'object' | 'link';
  readonly id: string;
  readonly identifierIds: IdentifierIds;
}

/**
 * An owner of imported objects and links in memory. As a real one it makes a key once and answers it with the same ids ever
 * after; what it refused is decided anew when it is asked again. It keeps what it was asked and what it made, so that a test can check the order.
 */
export class OwnerDouble {
  /** Everything asked, repetitions included. */
  readonly asked: AskedItem[] = [];
  readonly made: MadeItem[] = [];
  private readonly firstAnswers = new Map<string, ImportResultItemV1>();
  private readonly times = new Map<string, number>();

  constructor(private readonly rule: OwnerRule = () => ({ kind: 'complete' })) {}

  /** How often a key was asked for. */
  timesAsked(key: string): number {
    return this.times.get(key) ?? 0;
  }

  /** The answer to a request: its silent items are missing, and it is null when nothing is said at all. */
  answerObjects(request: ImportObjectRequestV1): ImportResultV1 | null {
    const items = request.items.map(({ pendingObjectId, idempotencyKey, action, fields, identifierIds, parents }) =>
      this.answer(
        { kind: 'object', type: request.objectType, id: pendingObjectId, key: idempotencyKey, action, fields, parents },
        identifierIds,
      ),
    );
    return toResult(request, 'object', items);
  }

  /** As {@link answerObjects}. */
  answerLinks(request: ImportLinkRequestV1): ImportResultV1 | null {
    const items = request.items.map(({ pendingLinkId, idempotencyKey, child, parent, properties }) =>
      this.answer(
        {
          kind: 'link',
          type: request.linkTag,
          id: pendingLinkId,
          key: idempotencyKey,
          fields: properties ?? {},
          ends: [child, parent],
        },
        null,
      ),
    );
    return toResult(request, 'link', items);
  }

  private answer(
    asked: Pick<AskedItem, 'kind' | 'type' | 'id' | 'key'> & Partial<AskedItem>,
    identifierIds: IdentifierIds | null,
  ): ImportResultItemV1 | null {
    const time = this.timesAsked(asked.key) + 1;
    this.times.set(asked.key, time);
    const item: AskedItem = { action: 'create', fields: {}, parents: [], ends: [], ...asked, time };
    this.asked.push(item);
    const first = this.firstAnswers.get(asked.key);
    if (first) return first;
    const reply = this.rule(item);
    if (reply.kind === 'silent') return null;
    if (reply.kind === 'error') return toError(item, reply.fault);
    const answer = this.make(item, reply, identifierIds);
    this.firstAnswers.set(asked.key, answer);
    return answer;
  }

  private make(
    item: AskedItem,
    reply: { readonly identifierIds?: IdentifierIds | null },
    known: IdentifierIds | null,
  ): ImportResultItemV1 {
    const own = item.kind === 'object' ? (known ?? { id: item.key }) : null;
    const identifierIds = reply.identifierIds === undefined ? own : reply.identifierIds;
    this.made.push({ kind: item.kind, id: item.id, identifierIds: identifierIds ?? {} });
    return { id: item.id, status: 'complete', identifierIds, errorsFound: [] };
  }
}

function toError({ id }: AskedItem, fault: Partial<ImportFault> = {}): ImportResultItemV1 {
  const whole = { code: 'REFUSED', message: 'The owner refuses it.', field: null, retryable: false, ...fault };
  return { id, status: 'error', identifierIds: null, errorsFound: [whole] };
}

function toResult(
  { importBatchId, dispatchId }: { readonly importBatchId: string; readonly dispatchId: string },
  kind: 'object' | 'link',
  items: readonly (ImportResultItemV1 | null)[],
): ImportResultV1 | null {
  const said = items.filter((item) => item !== null);
  return said.length > 0 ? { importBatchId, dispatchId, kind, items: said } : null;
}

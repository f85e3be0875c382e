import { toLinkId, toObjectId } from './item-ids.js';

/** An object as it is asked for; JSON stays the text that it is stored as. */
export interface ObjectToAsk {
  readonly no: number;
  readonly action: string;
  readonly fields: string | null;
  readonly identifierIds: string | null;
}

export interface ParentToName {
  readonly childNo: number;
  readonly linkTag: string;
  readonly objectType: string;
  readonly identifierIds: string;
  readonly separate: boolean;
}

export interface LinkToAsk {
  readonly no: number;
  readonly child: { readonly objectType: string; readonly identifierIds: string };
  readonly parent: { readonly objectType: string; readonly identifierIds: string };
  readonly properties: string | null;
}

interface RequestHead {
  readonly importBatchId: string;
  readonly dispatchId: string;
  readonly attempt: number;
}

/** `ImportObjectRequestV1` as JSON: what the database holds as JSON is neither parsed nor written anew. */
export function objectRequestBody(
  head: RequestHead & { readonly objectType: string },
  objects: readonly ObjectToAsk[],
  parents: readonly ParentToName[],
): Buffer {
  const parentsOf = new Map<number, string[]>();
  for (const parent of parents) {
    const text = `{"linkTag":${JSON.stringify(parent.linkTag)},"objectType":${JSON.stringify(parent.objectType)},"identifierIds":${parent.identifierIds},"separate":${parent.separate}}`;
    const known = parentsOf.get(parent.childNo);
    if (known) known.push(text);
    else parentsOf.set(parent.childNo, [text]);
  }
  const items = objects.map(({ no, action, fields, identifierIds }) => {
    const id = JSON.stringify(toObjectId(head.importBatchId, no));
    return `{"pendingObjectId":${id},"idempotencyKey":${id},"action":${JSON.stringify(action)},"fields":${fields ?? '{}'},"identifierIds":${identifierIds ?? 'null'},"parents":[${(parentsOf.get(no) ?? []).join()}]}`;
  });
  return withItems(head, items);
}

/** `ImportLinkRequestV1` as JSON. */
export function linkRequestBody(head: RequestHead & { readonly linkTag: string }, links: readonly LinkToAsk[]): Buffer {
  const end = ({ objectType, identifierIds }: LinkToAsk['child']) =>
    `{"objectType":${JSON.stringify(objectType)},"identifierIds":${identifierIds}}`;
  const items = links.map(({ no, child, parent, properties }) => {
    const id = JSON.stringify(toLinkId(head.importBatchId, no));
    return `{"pendingLinkId":${id},"idempotencyKey":${id},"child":${end(child)},"parent":${end(parent)},"properties":${properties ?? 'null'}}`;
  });
  return withItems(head, items);
}

function withItems(head: object, items: readonly string[]): Buffer {
  return Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[${items.join()}]}`);
}

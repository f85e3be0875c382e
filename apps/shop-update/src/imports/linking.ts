import type { ImportLinkItemV1, PayloadClass } from '@lockstep/contracts';
import {
  answerEach,
  checkFields,
  complete,
  findRows,
  idOf,
  type NamedRows,
  notThere,
  type OwnerWork,
  type Refusal,
} from '@lockstep/ownership';
import type { EntityManager } from 'typeorm';

/** A link whose ends are there. */
export interface Pair<Properties = null> {
  readonly childId: number;
  readonly parentId: number;
  readonly properties: Properties;
}

/** Makes links between objects that are there; the children are locked for a change. */
export function linking<Properties = null>(
  child: NamedRows,
  parent: NamedRows,
  write: (manager: EntityManager, pairs: readonly Pair<Properties>[]) => Promise<void>,
  shape?: PayloadClass,
): OwnerWork<ImportLinkItemV1> {
  return (manager, items) =>
    answerEach(
      items,
      (item) => readPair<Properties>(child, parent, item, shape),
      async (pairs) => {
        const { children, parents } = await lockEnds(manager, child, parent, pairs);
        const good = pairs.filter((each) => children.has(each.childId) && parents.has(each.parentId));
        if (good.length > 0) await write(manager, good);
        return pairs.map(({ childId, parentId }) => {
          if (!children.has(childId)) return notThere(child.type, { [child.idNames[0]]: childId });
          return parents.has(parentId) ? complete() : notThere(parent.type, { [parent.idNames[0]]: parentId });
        });
      },
    );
}

/** Tables, and rows within them, always in the same order, whichever end they are: links of two requests must not wait in a ring. */
async function lockEnds(
  manager: EntityManager,
  child: NamedRows,
  parent: NamedRows,
  pairs: readonly Pair<unknown>[],
): Promise<{ readonly children: ReadonlySet<number>; readonly parents: ReadonlySet<number> }> {
  const childIds = pairs.map(({ childId }) => childId);
  const parentIds = pairs.map(({ parentId }) => parentId);
  if (child.table === parent.table) {
    const both = await findRows(manager, child, [...childIds, ...parentIds], 'FOR UPDATE');
    return { children: both, parents: both };
  }
  const lockChildren = () => findRows(manager, child, childIds, 'FOR UPDATE');
  const lockParents = () => findRows(manager, parent, parentIds);
  if (child.table < parent.table) return { children: await lockChildren(), parents: await lockParents() };
  const parents = await lockParents();
  return { children: await lockChildren(), parents };
}

function readPair<Properties>(
  child: NamedRows,
  parent: NamedRows,
  item: ImportLinkItemV1,
  shape?: PayloadClass,
): { readonly good: Pair<Properties> } | Refusal {
  const refusal = shape ? checkFields(shape, item.properties ?? {}) : null;
  if (refusal) return refusal;
  const childId = idOf(child, item.child.identifierIds);
  const parentId = idOf(parent, item.parent.identifierIds);
  if (childId === null) return notThere(child.type, item.child.identifierIds);
  if (parentId === null) return notThere(parent.type, item.parent.identifierIds);
  return { good: { childId, parentId, properties: item.properties as Properties } };
}

import type { IdentifierIds, ImportObjectItemV1 } from '@lockstep/contracts';

/** An id among identifier ids as the whole number that it is, from 1; null where it is absent or none. */
export function readId(identifierIds: IdentifierIds | null | undefined, name: string): number | null {
  const text: unknown = identifierIds?.[name];
  if (typeof text !== 'string' || !/^[1-9]\d{0,15}$/.test(text)) return null;
  const id = Number(text);
  return Number.isSafeInteger(id) ? id : null;
}

/** A parent of an item: `undefined` when it has none of that type, `null` when its ids are not readable. */
export function parentId(
  item: ImportObjectItemV1,
  objectType: string,
  idName: string,
  which: { readonly separate?: boolean } = {},
): number | null | undefined {
  const parent = item.parents.find(
    (each) => each.objectType === objectType && (which.separate === undefined || each.separate === which.separate),
  );
  return parent === undefined ? undefined : readId(parent.identifierIds, idName);
}

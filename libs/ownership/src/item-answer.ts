import type { IdentifierIds, ImportFault } from '@lockstep/contracts';

/** What an owner answers for one object or link. A link that is there has no ids of its own. */
export type ItemAnswer =
  | { readonly kind: 'complete'; readonly identifierIds: IdentifierIds | null }
  | { readonly kind: 'refused'; readonly faults: readonly ImportFault[] };

export type Refusal = Extract<ItemAnswer, { kind: 'refused' }>;

/** The object or link is there. Ids are given as numbers or text and travel as text. */
export function complete(identifierIds: Readonly<Record<string, string | number>> | null = null): ItemAnswer {
  if (identifierIds === null) return { kind: 'complete', identifierIds };
  return {
    kind: 'complete',
    identifierIds: Object.fromEntries(Object.entries(identifierIds).map(([name, id]) => [name, String(id)])),
  };
}

/**
 * It cannot be made, and asking again will not help.
 * @param code stable, upper snake case
 * @param message one sentence for a person
 * @param field the field that is wrong, where it is one
 */
export function refuse(code: string, message: string, field: string | null = null): Refusal {
  return { kind: 'refused', faults: [{ code, message, field, retryable: false }] };
}

/** What was referred to is not there: `notThere('category', { categoryId: '7' })`. */
export function notThere(objectType: string, identifierIds: object | null): Refusal {
  return refuse(
    'REFERENCE_NOT_FOUND',
    `There is no ${objectType} ${JSON.stringify(identifierIds ?? {}).slice(0, 200)}.`,
  );
}

import { maskPostalCode, maskText } from '../../order-returns/mask-personal.js';
import { returnSchema } from '../return-schema.js';
import type { ReturnRow } from '../return-target.js';

/** An object as Algolia stores it. */
export interface AlgoliaRecord {
  readonly objectID: string;
  /** Algolia passes over a whole update whose version is not greater than the one it has. */
  readonly version: { readonly _operation: 'IncrementSet'; readonly value: number };
  /** What is gone stays as a record, so that an older write does not bring it back: searches filter by it. */
  readonly tombstone: boolean;
  readonly [attribute: string]: unknown;
}

const ATTRIBUTES = Object.keys(returnSchema.fields);

/**
 * The record of a return. Every attribute is stated, null where it has no value: an update leaves those alone that it does not
 * name, so a value that is gone would stay. Algolia is somebody else's machine, so what is personal is masked.
 */
export function toAlgoliaRecord({ id, version, document }: ReturnRow): AlgoliaRecord {
  const values: Readonly<Record<string, unknown>> = document === null ? {} : withoutPersonal(document);
  return {
    ...Object.fromEntries(ATTRIBUTES.map((name) => [name, values[name] ?? null])),
    objectID: String(id),
    returnId: id,
    version: { _operation: 'IncrementSet', value: version },
    tombstone: document === null,
  };
}

function withoutPersonal(document: NonNullable<ReturnRow['document']>): Record<string, unknown> {
  const { customerName, pickup, ...rest } = document as typeof document & {
    readonly pickup?: { readonly postalCode: string | null };
  };
  return {
    ...rest,
    customerName: maskText(customerName),
    pickup: pickup && { ...pickup, postalCode: maskPostalCode(pickup.postalCode) },
    customerPhoneHash: null,
    customerEmailHash: null,
  };
}

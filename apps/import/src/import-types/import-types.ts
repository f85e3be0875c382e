/** Kinds of values. `decimal`, `date` and integers beyond 2^53 travel as exact text. */
export const FIELD_TYPES = ['string', 'integer', 'decimal', 'boolean', 'date', 'datetime', 'email'] as const;
export type FieldType = (typeof FIELD_TYPES)[number];

/** A field of an object type. */
export interface FieldRule {
  readonly type: FieldType;
  readonly required?: boolean;
  /** Several values; a cell holds them separated by `|`. */
  readonly list?: boolean;
  /** Digits behind the point that a decimal may have. */
  readonly scale?: number;
  readonly min?: number;
  readonly max?: number;
  readonly maxLength?: number;
  /** The only values allowed. */
  readonly values?: readonly string[];
}

export interface ObjectTypeRule {
  /** Who creates the objects. */
  readonly service: string;
  /** What that service calls them. */
  readonly ownerType: string;
  readonly fields: Readonly<Record<string, FieldRule>>;
  /** Names of the ids that the owner gives. */
  readonly identifiers: readonly string[];
}

export interface LinkTagRule {
  readonly child: string;
  readonly parent: string;
  readonly linkType: 'Dependent' | 'Independent';
  /** A dependent link that is made by a message of its own, after its child. */
  readonly separateDependentLinkCreate: boolean;
  /** Who makes links that have a message of their own. */
  readonly service: string | null;
  /** A child must have one. */
  readonly required: boolean;
  /** An object may be linked to itself. */
  readonly allowSelf: boolean;
  /** May be made later where it closes a cycle. */
  readonly deferrable: boolean;
  readonly properties: readonly string[];
}

/** Object types and link tags by name: what may be imported, and who owns it. */
export interface ImportTypes {
  readonly objectTypes: Readonly<Record<string, ObjectTypeRule>>;
  readonly linkTags: Readonly<Record<string, LinkTagRule>>;
}

import { LINK_KINDS } from '../statuses.js';

/** Of the document of types, what staging, planning and the REST of batches need. */
export interface TypesSnapshot {
  readonly objectTypes: Readonly<Record<string, ObjectTypeSnapshot>>;
  readonly linkTags: Readonly<Record<string, LinkTagSnapshot>>;
}

export interface ObjectTypeSnapshot {
  readonly service: string;
  readonly fields?: Readonly<Record<string, { readonly required?: boolean | undefined }>> | undefined;
}

export interface LinkTagSnapshot {
  readonly child: string;
  readonly parent: string;
  readonly linkType: 'Dependent' | 'Independent';
  readonly separateDependentLinkCreate?: boolean | undefined;
  readonly service?: string | null | undefined;
  readonly required?: boolean | undefined;
  readonly deferrable?: boolean | undefined;
}

/** A type of object by its position. */
export interface PositionedType {
  readonly name: string;
  readonly service: string;
  /** An object of it may be made without any field. */
  readonly needsNoField: boolean;
}

/** A link tag by its position. */
export interface PositionedTag {
  readonly name: string;
  /** Position in `LINK_KINDS`. */
  readonly kind: number;
  readonly childType: number;
  readonly isRequired: boolean;
  readonly isDeferrable: boolean;
  /** Who makes the link; for a link that travels in its child's message, null unless it may be deferred. */
  readonly service: string | null;
}

/** Position of a name in rows: two bytes instead of a text in each of millions. */
export class TypePositions {
  readonly types: readonly PositionedType[];
  readonly tags: readonly PositionedTag[];
  private readonly typeOf: ReadonlyMap<string, number>;
  private readonly tagOf: ReadonlyMap<string, number>;

  constructor({ objectTypes, linkTags }: TypesSnapshot) {
    this.typeOf = new Map(Object.keys(objectTypes).map((name, position) => [name, position]));
    this.tagOf = new Map(Object.keys(linkTags).map((name, position) => [name, position]));
    this.types = Object.entries(objectTypes).map(([name, { service, fields }]) => ({
      name,
      service,
      needsNoField: Object.values(fields ?? {}).every(({ required }) => !required),
    }));
    this.tags = Object.entries(linkTags).map(([name, tag]) => ({
      name,
      kind: kindOf(tag),
      childType: this.type(tag.child),
      isRequired: tag.required ?? false,
      isDeferrable: tag.deferrable ?? false,
      service: tag.service ?? null,
    }));
  }

  /** -1: there is no such type. */
  type(name: string): number {
    return this.typeOf.get(name) ?? -1;
  }

  /** -1: there is no such tag. */
  tag(name: string): number {
    return this.tagOf.get(name) ?? -1;
  }
}

function kindOf({ linkType, separateDependentLinkCreate }: LinkTagSnapshot): number {
  if (linkType === 'Independent') return LINK_KINDS.indexOf('independent');
  return LINK_KINDS.indexOf(separateDependentLinkCreate ? 'separate' : 'dependent');
}

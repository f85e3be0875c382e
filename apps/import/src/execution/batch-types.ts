/** Who makes objects of a type, and what that service calls them. */
export interface BatchObjectType {
  readonly name: string;
  readonly service: string;
  readonly ownerType: string;
}

/** Who makes links of a tag. */
export interface BatchLinkTag {
  readonly name: string;
  readonly service: string;
}

/** Types and tags of one batch by their number, which is their position (from 0) in the batch's own copy of the types. */
export interface BatchTypes {
  readonly objectTypes: readonly BatchObjectType[];
  readonly linkTags: readonly BatchLinkTag[];
}

/** What execution needs of the types as they were when the batch was received. */
export interface StoredTypes {
  readonly objectTypes: Readonly<Record<string, { readonly service: string; readonly ownerType?: string }>>;
  readonly linkTags: Readonly<Record<string, { readonly service?: string | null; readonly child: string }>>;
}

export function toBatchTypes({ objectTypes, linkTags }: StoredTypes): BatchTypes {
  return {
    objectTypes: Object.entries(objectTypes).map(([name, { service, ownerType }]) => ({
      name,
      service,
      ownerType: ownerType ?? name,
    })),
    // A dependent link that was put off to break a cycle may have a tag without a service: the child's owner makes it.
    linkTags: Object.entries(linkTags).map(([name, { service, child }]) => ({
      name,
      service: service ?? objectTypes[child]?.service ?? '',
    })),
  };
}

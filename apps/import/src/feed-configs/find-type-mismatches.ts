import type { FieldError } from '@lockstep/service';
import type { ImportTypes } from '../import-types/import-types.js';
import type { FeedConfig } from './feed-config.js';

interface MappedObject {
  readonly objectType: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly links: readonly { readonly tag: string; readonly to: object }[];
  readonly as: string;
}

interface MappedRelationship {
  readonly tag: string;
  readonly child: { readonly objectType: string };
  readonly parent: { readonly objectType: string };
}

/**
 * Where a mapping does not fit the types: types, fields and tags that there are not, and links between other types than
 * their tag's. Types may change later; reading a feed then tells the same of the file.
 */
export function findTypeMismatches(config: FeedConfig, types: ImportTypes): FieldError[] {
  if (config.importType === 'csv') return mismatches('', config.objects, config.relationships, types);
  return config.records.flatMap((record, index) =>
    mismatches(`records.${index}.`, record.objects, record.relationships, types),
  );
}

function mismatches(
  prefix: string,
  objects: readonly MappedObject[],
  relationships: readonly MappedRelationship[],
  types: ImportTypes,
): FieldError[] {
  return [
    ...objects.flatMap((object, index) => objectErrors(`${prefix}objects.${index}`, object, objects, types)),
    ...relationships.flatMap((each, index) =>
      tagErrors(`${prefix}relationships.${index}`, each.tag, each.child.objectType, each.parent.objectType, types),
    ),
  ];
}

function objectErrors(
  path: string,
  object: MappedObject,
  objects: readonly MappedObject[],
  types: ImportTypes,
): FieldError[] {
  const { objectType } = object;
  if (!Object.hasOwn(types.objectTypes, objectType)) {
    return [{ path: `${path}.objectType`, message: `there is no object type "${objectType}"` }];
  }
  const known = types.objectTypes[objectType]!.fields;
  const fields = Object.keys(object.fields)
    .filter((field) => !Object.hasOwn(known, field))
    .map((field) => ({ path: `${path}.fields.${field}`, message: `${objectType} has no field "${field}"` }));
  const links = object.links.flatMap(({ tag, to }, index) => {
    const parent = 'as' in to ? objects.find(({ as }) => as === to.as)?.objectType : undefined;
    return tagErrors(`${path}.links.${index}`, tag, objectType, parent, types);
  });
  return [...fields, ...links];
}

/** `parent` is undefined where the tag says of which type it is. */
function tagErrors(
  path: string,
  tag: string,
  child: string,
  parent: string | undefined,
  types: ImportTypes,
): FieldError[] {
  const rule = Object.hasOwn(types.linkTags, tag) ? types.linkTags[tag]! : null;
  if (!rule) return [{ path: `${path}.tag`, message: `there is no link tag "${tag}"` }];
  if (rule.child === child && rule.parent === (parent ?? rule.parent)) return [];
  const ends = `${child} to ${parent ?? rule.parent}`;
  return [{ path: `${path}.tag`, message: `${tag} links ${rule.child} to ${rule.parent}, not ${ends}` }];
}

import { compileSchema, IMPORT_OWNERS } from '@lockstep/contracts';
import { type FieldError, toFieldError } from '@lockstep/service';
import type { FieldRule, ImportTypes, LinkTagRule, ObjectTypeRule } from './import-types.js';
import { FieldRuleBody, ImportTypesBody, LinkTagBody, ObjectTypeBody } from './import-types-body.js';

/** Names stand in messages, columns and JSON: plain, and nothing that an object inherits. */
const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,99}$/;
const MAX_TYPES = 1_000;
const MAX_FIELDS = 1_000;

/** Types ready for use, or all that is wrong with them, by path. */
export type CheckedImportTypes =
  | { readonly types: ImportTypes; readonly errors: null }
  | { readonly types: null; readonly errors: readonly FieldError[] };

/** Checks shapes first, then that types, tags and services fit each other; fills in what was left open. */
export function checkImportTypes(value: unknown): CheckedImportTypes {
  const shape = findShapeErrors(value);
  if (shape.length > 0) return { types: null, errors: shape };
  const types = withDefaults(value as ImportTypesBody);
  const errors = [...findTypeErrors(types), ...findTagErrors(types)];
  return errors.length > 0 ? { types: null, errors } : { types, errors: null };
}

function findShapeErrors(value: unknown): FieldError[] {
  const outer = compileSchema(ImportTypesBody).check(value);
  if (outer.length > 0) return outer.map((fault) => toFieldError(fault));
  const { objectTypes, linkTags } = value as ImportTypesBody;
  const objects = entriesOf('objectTypes', objectTypes, MAX_TYPES);
  const tags = entriesOf('linkTags', linkTags, MAX_TYPES);
  const errors = [...objects.errors, ...tags.errors];
  for (const [path, type] of objects.entries) {
    const own = faultsOf(ObjectTypeBody, path, type);
    errors.push(...own);
    if (own.length > 0) continue;
    const fields = entriesOf(`${path}.fields`, (type as ObjectTypeBody).fields ?? {}, MAX_FIELDS);
    errors.push(...fields.errors, ...fields.entries.flatMap(([field, rule]) => faultsOf(FieldRuleBody, field, rule)));
  }
  return [...errors, ...tags.entries.flatMap(([path, tag]) => faultsOf(LinkTagBody, path, tag))];
}

function entriesOf(path: string, table: object, most: number): { entries: [string, unknown][]; errors: FieldError[] } {
  const entries = Object.entries(table) as [string, unknown][];
  if (entries.length > most)
    return { entries: [], errors: [{ path, message: `${path} may have at most ${most} entries` }] };
  const wrong = entries.filter(([name]) => !NAME.test(name));
  return {
    entries: entries.map(([name, value]) => [`${path}.${name}`, value]),
    errors: wrong.map(([name]) => ({
      path: `${path}.${name.slice(0, 100)}`,
      message: 'a name must be letters, digits, - and _, with a letter first',
    })),
  };
}

function faultsOf(shape: new () => object, path: string, value: unknown): FieldError[] {
  return compileSchema(shape)
    .check(value)
    .map((fault) => toFieldError(fault, path));
}

function withDefaults({ objectTypes, linkTags }: ImportTypesBody): ImportTypes {
  const types = Object.entries(objectTypes as Record<string, ObjectTypeBody>).map(
    ([name, type]): [string, ObjectTypeRule] => [
      name,
      {
        service: type.service,
        ownerType: type.ownerType ?? name,
        fields: Object.fromEntries(
          Object.entries(type.fields ?? {}).map(([field, rule]) => [field, withoutNull(rule)]),
        ),
        identifiers: type.identifiers ?? [],
      },
    ],
  );
  const tags = Object.entries(linkTags as Record<string, LinkTagBody>).map(([name, tag]): [string, LinkTagRule] => [
    name,
    {
      child: tag.child,
      parent: tag.parent,
      linkType: tag.linkType,
      separateDependentLinkCreate: tag.separateDependentLinkCreate ?? false,
      service: tag.service ?? null,
      required: tag.required ?? false,
      allowSelf: tag.allowSelf ?? false,
      deferrable: tag.deferrable ?? false,
      properties: tag.properties ?? [],
    },
  ]);
  return { objectTypes: Object.fromEntries(types), linkTags: Object.fromEntries(tags) };
}

function withoutNull(rule: object): FieldRule {
  return Object.fromEntries(Object.entries(rule).filter(([, value]) => value !== null)) as unknown as FieldRule;
}

function findTypeErrors({ objectTypes }: ImportTypes): FieldError[] {
  return Object.entries(objectTypes).flatMap(([name, { fields }]) =>
    Object.entries(fields).flatMap(([field, rule]) => fieldErrors(`objectTypes.${name}.fields.${field}`, rule)),
  );
}

function fieldErrors(path: string, rule: FieldRule): FieldError[] {
  const isNumber = rule.type === 'integer' || rule.type === 'decimal';
  const faults: [boolean, string, string][] = [
    [rule.scale !== undefined && rule.type !== 'decimal', 'scale', 'scale is for decimals'],
    [rule.min !== undefined && !isNumber, 'min', 'min is for numbers'],
    [rule.max !== undefined && !isNumber, 'max', 'max is for numbers'],
    [(rule.min ?? -Infinity) > (rule.max ?? Infinity), 'max', 'max must not be less than min'],
    [rule.maxLength !== undefined && rule.type !== 'string', 'maxLength', 'maxLength is for strings'],
    [rule.values !== undefined && rule.type !== 'string', 'values', 'values is for strings'],
    [rule.values?.length === 0, 'values', 'values must not be empty'],
  ];
  return faults.filter(([isWrong]) => isWrong).map(([, name, message]) => ({ path: `${path}.${name}`, message }));
}

function findTagErrors(types: ImportTypes): FieldError[] {
  const services = new Set<string>(IMPORT_OWNERS);
  for (const { service } of Object.values(types.objectTypes)) services.add(service);
  return Object.entries(types.linkTags).flatMap(([name, tag]) => {
    const ends = (['child', 'parent'] as const).map((end): [boolean, string, string] => [
      !Object.hasOwn(types.objectTypes, tag[end]),
      end,
      `there is no object type "${tag[end]}"`,
    ]);
    const faults = [...ends, ...tagFaults(tag, services)];
    return faults
      .filter(([isWrong]) => isWrong)
      .map(([, field, message]) => ({ path: `linkTags.${name}.${field}`, message }));
  });
}

function tagFaults(tag: LinkTagRule, services: ReadonlySet<string>): [boolean, string, string][] {
  const isDependent = tag.linkType === 'Dependent';
  const hasMessage = !isDependent || tag.separateDependentLinkCreate || tag.deferrable;
  const isToItself = tag.child === tag.parent;
  return [
    [
      hasMessage && tag.service === null,
      'service',
      'service must say who makes the link, which has a message of its own',
    ],
    [
      tag.service !== null && !services.has(tag.service),
      'service',
      `there is no service "${tag.service}": no object type names it`,
    ],
    [!isDependent && tag.separateDependentLinkCreate, 'separateDependentLinkCreate', 'is for dependent links'],
    [!isDependent && tag.deferrable, 'deferrable', 'is for dependent links: others wait for nothing'],
    [!isDependent && tag.required, 'required', 'is for dependent links'],
    [tag.allowSelf && isDependent, 'allowSelf', 'is for independent links: an object cannot wait for itself'],
    [tag.allowSelf && !isToItself, 'allowSelf', 'needs child and parent of one type'],
    [tag.required && isToItself, 'required', 'cannot be met: the first object of the type has no parent'],
  ];
}

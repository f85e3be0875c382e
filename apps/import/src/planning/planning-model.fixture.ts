import type { FeedItem, FeedLink, FeedObject } from '../feeds/feed-item.js';
import { TYPES } from './planning.fixture.js';

/** What a batch that leaves out what is wrong comes to. */
export interface Outcome {
  /** `type reference` -> status, level, parents left. */
  readonly objects: Readonly<Record<string, string>>;
  /** `tag child > parent` -> status. */
  readonly links: Readonly<Record<string, string>>;
}

interface ModelObject {
  readonly exists: boolean;
  isWrong: boolean;
}

const nameOf = (objectType: string, reference: string | null): string => `${objectType} ${reference}`;
const contentOf = ({ fields, identifierIds }: FeedObject): string => JSON.stringify([fields, identifierIds]);
const isMention = ({ fields, identifierIds }: FeedObject): boolean => fields === null && identifierIds === null;

/** By the definitions, with maps and closures, as slow as it likes; the types' objects all need a field. */
export function planByDefinition(items: readonly FeedItem[]): Outcome {
  const objects = mergeObjects(items.filter((item) => item.kind === 'object'));
  const links = keepLinks(
    items.filter((item) => item.kind === 'link'),
    objects,
  );
  const dependent = [...links.values()].filter(({ tag }) => TYPES.linkTags[tag]?.linkType === 'Dependent');
  const failed = findFailed(objects, dependent);
  const left = (name: string) =>
    dependent.filter((link) => childOf(link) === name && !failed.has(parentOf(link))).map(parentOf);
  const levelOf = (name: string): number => Math.max(0, ...left(name).map((parent) => levelOf(parent) + 1));
  const outcome = [...objects.keys()].map((name) => {
    const status = failed.get(name) ?? 'processing';
    return [name, failed.has(name) ? `${status} -1 0` : `${status} ${levelOf(name)} ${left(name).length}`];
  });
  const linkOutcome = [...links].map(([key, link]) => {
    const isBlocked = failed.has(childOf(link)) || failed.has(parentOf(link));
    return [key, isBlocked ? 'blocked' : 'processing'];
  });
  return { objects: Object.fromEntries(outcome), links: Object.fromEntries(linkOutcome) };
}

function mergeObjects(said: readonly FeedObject[]): Map<string, ModelObject> {
  const groups = new Map<string, FeedObject[]>();
  for (const each of said) {
    const name = nameOf(each.objectType, each.reference);
    groups.set(name, [...(groups.get(name) ?? []), each]);
  }
  const objects = new Map<string, ModelObject>();
  for (const [name, group] of groups) {
    const [head, ...others] = group.filter((each) => !isMention(each));
    if (!head) continue;
    const isContradicted = others.some((each) => contentOf(each) !== contentOf(head));
    const isWrong = isContradicted || group.some(({ errors }) => errors.length > 0);
    objects.set(name, { exists: head.identifierIds !== null, isWrong });
  }
  return objects;
}

function keepLinks(said: readonly FeedLink[], objects: ReadonlyMap<string, ModelObject>): Map<string, FeedLink> {
  const kept = new Map<string, FeedLink>();
  for (const link of said) {
    const rule = TYPES.linkTags[link.tag]!;
    const child = objects.get(childOf(link));
    const isPossible = link.errors.length === 0 && objects.has(parentOf(link));
    if (child && !isPossible && rule.linkType === 'Dependent') child.isWrong = true;
    const isWithChild = rule.linkType === 'Dependent' && !rule.separateDependentLinkCreate;
    if (!child || !isPossible || (isWithChild && child.exists)) continue;
    kept.set(`${link.tag} ${link.child.reference} > ${link.parent.reference}`, link);
  }
  for (const [name, object] of objects) {
    const required = Object.entries(TYPES.linkTags).filter(
      ([, tag]) => tag.required && name.startsWith(`${tag.child} `),
    );
    const isMissing = required.some(([tag]) => !said.some((link) => link.tag === tag && childOf(link) === name));
    if (isMissing && !object.exists) object.isWrong = true;
  }
  return kept;
}

function findFailed(
  objects: ReadonlyMap<string, ModelObject>,
  dependent: readonly FeedLink[],
): Map<string, 'error' | 'blocked'> {
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    dependent.some((link) => {
      const parent = parentOf(link);
      if (childOf(link) !== from || seen.has(parent)) return false;
      seen.add(parent);
      return parent === to || reaches(parent, to, seen);
    });
  const failed = new Map<string, 'error' | 'blocked'>();
  for (const [name, { isWrong }] of objects) if (isWrong || reaches(name, name)) failed.set(name, 'error');
  for (let isGrowing = true; isGrowing; ) {
    isGrowing = false;
    for (const link of dependent) {
      const name = childOf(link);
      if (!failed.has(parentOf(link)) || failed.has(name) || objects.get(name)?.exists) continue;
      failed.set(name, 'blocked');
      isGrowing = true;
    }
  }
  return failed;
}

function childOf({ child }: FeedLink): string {
  return nameOf(child.objectType, child.reference);
}

function parentOf({ parent }: FeedLink): string {
  return nameOf(parent.objectType, parent.reference);
}

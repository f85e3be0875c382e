/** One element on the way, and what its attribute must be. */
export interface XmlStep {
  readonly name: string;
  readonly where: { readonly attribute: string; readonly value: string } | null;
}

/** A parsed path: child steps, then perhaps an attribute. No steps and no attribute: the element's own text. */
export interface XmlPath {
  /** As it was written. */
  readonly source: string;
  readonly steps: readonly XmlStep[];
  readonly attribute: string | null;
}

const NAME = '[\\p{L}_][\\p{L}\\p{N}_.-]*';
const STEP = new RegExp(`^(${NAME})(?:\\[@(${NAME})='([^'\\]]*)'\\])?$`, 'u');
const ATTRIBUTE = new RegExp(`^@(${NAME})$`, 'u');
const MAX_STEPS = 32;

/**
 * Parses `a/b[@lang='en']/@ref`, `@code`, `.`, or from the root `/catalog/product`. Names are without prefix. Throws
 * `Error` telling what is wrong.
 */
export function parseXmlPath(source: string, kind: 'relative' | 'absolute' = 'relative'): XmlPath {
  if (kind === 'absolute' && !source.startsWith('/')) throw new Error('must begin with / and name the root element');
  if (kind === 'relative' && source.startsWith('/')) throw new Error('must be relative to the record, without / first');
  if (source === '.') return { source, steps: [], attribute: null };
  const parts = splitSteps(kind === 'absolute' ? source.slice(1) : source);
  if (parts.length > MAX_STEPS) throw new Error(`must have at most ${MAX_STEPS} steps`);
  const attribute = ATTRIBUTE.exec(parts.at(-1) ?? '')?.[1] ?? null;
  if (kind === 'absolute' && attribute !== null) throw new Error('must lead to an element, not to an attribute');
  const steps = (attribute === null ? parts : parts.slice(0, -1)).map(parseStep);
  return { source, steps, attribute };
}

/** At each slash that is not within a predicate. */
function splitSteps(path: string): string[] {
  const steps = [''];
  let isInPredicate = false;
  for (const character of path) {
    if (character === '[') isInPredicate = true;
    if (character === ']') isInPredicate = false;
    if (character === '/' && !isInPredicate) steps.push('');
    else steps[steps.length - 1] += character;
  }
  return steps;
}

function parseStep(part: string): XmlStep {
  const match = STEP.exec(part);
  if (!match) throw new Error(`"${part}" is not a step: name, name[@attribute='value'], or at the end @attribute`);
  const [, name = '', attribute, value = ''] = match;
  return { name, where: attribute === undefined ? null : { attribute, value } };
}

import type { XmlPath, XmlStep } from './xml-path.js';

/** An element of a record, by local names. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  /** Its own text, that of its children not included. */
  text: string;
  /** The start tag as it can be written again: name with prefix, attributes with namespaces. */
  readonly tag: { readonly name: string; readonly attributes: readonly (readonly [string, string])[] };
  readonly line: number;
}

/** The elements at the end of a path's steps. */
export function selectElements(element: XmlElement, path: XmlPath): XmlElement[] {
  let found = [element];
  for (const step of path.steps) {
    found = found.flatMap(({ children }) => children.filter((child) => isStep(child, step)));
  }
  return found;
}

/** All values at a path that are not empty, in the order of the document, without blanks around them. */
export function selectValues(element: XmlElement, path: XmlPath): string[] {
  const { attribute } = path;
  return selectElements(element, path)
    .map((each) => (attribute === null ? each.text : (each.attributes.get(attribute) ?? '')).trim())
    .filter((value) => value !== '');
}

/** Whether an element is what a step asks for. */
export function isStep(element: Pick<XmlElement, 'name' | 'attributes'>, { name, where }: XmlStep): boolean {
  return element.name === name && (where === null || element.attributes.get(where.attribute) === where.value);
}

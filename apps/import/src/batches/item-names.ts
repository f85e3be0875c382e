import type { TypesSnapshot } from '../planning/type-positions.js';

/** Names of a batch's types and tags by their positions in its rows. */
export class ItemNames {
  private readonly types: readonly string[];
  private readonly tags: readonly string[];

  constructor({ objectTypes, linkTags }: TypesSnapshot) {
    this.types = Object.keys(objectTypes);
    this.tags = Object.keys(linkTags);
  }

  type(position: number): string {
    return this.types[position] ?? '';
  }

  tag(position: number): string {
    return this.tags[position] ?? '';
  }

  /** -1: no row can have it. */
  positionOfType(name: string): number {
    return this.types.indexOf(name);
  }

  positionOfTag(name: string): number {
    return this.tags.indexOf(name);
  }
}

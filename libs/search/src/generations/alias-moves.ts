import type { AliasSwap } from '../engine/search-engine.js';
import type { Filter } from '../query/search-query.js';

/** A name that readers use, and what it shows. */
export interface AliasDefinition {
  readonly name: string;
  /** Tombstones are never shown. @default all documents */
  readonly filter?: Filter;
}

/** Where each alias points now: names of indexes. */
export type AliasTargets = ReadonlyMap<string, readonly string[]>;

/**
 * The one index that all aliases point at, those that were lost aside; null when there is none or more than one. The aliases
 * are what readers see, so after a crash they tell which step was the last.
 */
export function indexShown(targets: AliasTargets): string | null {
  const shown = new Set([...targets.values()].flat());
  return shown.size === 1 ? [...shown][0]! : null;
}

/** Moves that make every alias point at `to` and nowhere else, whatever they point at. */
export function movesTo(aliases: readonly AliasDefinition[], targets: AliasTargets, to: string): AliasSwap[] {
  return aliases.map(({ name, filter }) => ({
    alias: name,
    ...(filter && { filter }),
    from: (targets.get(name) ?? []).filter((index) => index !== to),
    to,
  }));
}

/** Aliases that point elsewhere than at `index`, or at nothing. */
export function astray(aliases: readonly AliasDefinition[], targets: AliasTargets, index: string): AliasDefinition[] {
  return aliases.filter(({ name }) => {
    const now = targets.get(name) ?? [];
    return now.length !== 1 || now[0] !== index;
  });
}

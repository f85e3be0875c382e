/** Links of finished objects are asked for at once (small batches: early), or all together after the last object (large: cheap). */
export type LinkRelease = 'streaming' | 'barrier';

/** What a batch will do, known before anything is sent; as it is served and stored. */
export interface ImportPlan {
  /** Objects by what is to be done with them, those left out included. */
  readonly create: number;
  readonly update: number;
  readonly reference: number;
  readonly links: number;
  /** Links that need a message of their own. */
  readonly linkRequests: number;
  /** Links of the batch that is resumed which were made then. */
  readonly linksMadeBefore: number;
  /** Objects a level; the first thousand levels. */
  readonly levels: readonly number[];
  /** Objects that must be created one after the other, at the longest: the number of levels. */
  readonly longestChain: number;
  /** Messages to each service, at least. */
  readonly messages: Readonly<Record<string, number>>;
  readonly release: LinkRelease;
  /** Sentences for whoever decides to go on. */
  readonly remarks: readonly string[];
}

/** Up to here links are released as their ends are ready; beyond, that costs more than twice the work in all. */
const STREAMING_LIMIT = 50_000;
/** Each level costs at least one round trip to an owner, whatever we do. */
const LONG_CHAIN = 1_000;
export const MAX_LEVELS_SHOWN = 1_000;

export function releaseOf(linkRequests: number): LinkRelease {
  return linkRequests <= STREAMING_LIMIT ? 'streaming' : 'barrier';
}

export function remarksOf(longestChain: number): string[] {
  if (longestChain <= LONG_CHAIN) return [];
  return [`The longest chain has ${longestChain} objects, which can only be created one after the other.`];
}

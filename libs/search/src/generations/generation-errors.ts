/** A newer run has taken the family over, or this generation is not the one being built: whoever asks is late. */
export class StaleFenceError extends Error {
  override readonly name = 'StaleFenceError';
  readonly code = 'STALE_FENCE';
}

/** There is no generation to go back or forward to. */
export class NoPreviousGenerationError extends Error {
  override readonly name = 'NoPreviousGenerationError';
  readonly code = 'NO_PREVIOUS_GENERATION';
}

/** The run has no generation in this family, or no longer. */
export class GenerationNotFoundError extends Error {
  override readonly name = 'GenerationNotFoundError';
  readonly code = 'GENERATION_NOT_FOUND';
}

/** The index of a generation disappeared while it was being filled: the generation was abandoned. */
export class GenerationGoneError extends Error {
  override readonly name = 'GenerationGoneError';
  readonly code = 'GENERATION_GONE';
}

/** The aliases are not where this family left them: nothing was moved. `recover()` puts them back. */
export class AliasConflictError extends Error {
  override readonly name = 'AliasConflictError';
  readonly code = 'ALIAS_CONFLICT';
}

/** An alias of this family shows an index of another installation, which we never touch: use another index prefix. */
export class ForeignIndexError extends Error {
  override readonly name = 'ForeignIndexError';
  readonly code = 'FOREIGN_INDEX';
}

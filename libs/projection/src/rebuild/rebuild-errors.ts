/** A newer command has taken the place of this rebuild, or it has ended: nothing more is to be done for it. */
export class RebuildEndedError extends Error {
  override readonly name = 'RebuildEndedError';
}

/** The rebuild has failed for good. The message begins with a stable code and is what integration is told. */
export class RebuildFailedError extends Error {
  override readonly name = 'RebuildFailedError';
}

/** How a batch is treated; stored with every default filled in. */
export interface ImportOptions {
  /** Plans only; the batch ends in `validated` and is never sent. */
  readonly dryRun: boolean;
  /** Waits in `validated` until somebody confirms it. */
  readonly confirm: boolean;
  /** Leaves out what is wrong and what needs it; otherwise one error refuses the batch. */
  readonly skipInvalid: boolean;
  readonly onCreateError: 'continue' | 'stop';
  /** What is done with an object whose ids are known when fields are given too. */
  readonly existing: 'reference' | 'update';
  /** `defer` makes links of deferrable tags afterwards where they close a cycle. */
  readonly cycle: 'error' | 'defer';
  /** Owners are asked whether objects exist that are only referred to. */
  readonly verifyExisting: boolean;
  /** References that earlier batches of the same user made are known, and those of this one are kept. */
  readonly useUserReference: boolean;
  /** A batch of the same files and configuration is refused. */
  readonly rejectDuplicateUpload: boolean;
  /** More errors end the batch, also with `skipInvalid`. */
  readonly maxErrors: number;
}

export const DEFAULT_OPTIONS: ImportOptions = {
  dryRun: false,
  confirm: false,
  skipInvalid: false,
  onCreateError: 'continue',
  existing: 'reference',
  cycle: 'error',
  verifyExisting: false,
  useUserReference: false,
  rejectDuplicateUpload: false,
  maxErrors: 100_000,
};

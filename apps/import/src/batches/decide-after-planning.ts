import type { ImportOptions } from './import-options.js';

/** What follows when a batch is planned. */
export type AfterPlanning = 'refuse' | 'end' | 'wait' | 'start';

/** A dry run ends either way: it only asked what would be. */
export function decideAfterPlanning(
  isRefused: boolean,
  { dryRun, confirm }: Pick<ImportOptions, 'dryRun' | 'confirm'>,
): AfterPlanning {
  if (isRefused) return 'refuse';
  if (dryRun) return 'end';
  return confirm ? 'wait' : 'start';
}

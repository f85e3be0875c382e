import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type DataFolder, writeWhole } from '../data-folder.js';

/** How far the demo data of a data folder is; kept in it, so that a start that was cut off is gone on with. */
export interface DemoState {
  readonly state: 'off' | 'loading' | 'syncing' | 'done';
  readonly trainees: number;
  /** The day that the data is made for, `yyyy-MM-dd`: a second attempt makes the same. */
  readonly asOf: string;
}

/** What is left to do for the demo data, and so is to be written down before anything else happens. */
export function decideDemo(
  kept: DemoState | undefined,
  isNewFolder: boolean,
  wanted: { trainees: number; today: string },
): DemoState {
  const { trainees, today: asOf } = wanted;
  if (kept) return kept;
  return { state: isNewFolder && trainees > 0 ? 'loading' : 'off', trainees, asOf };
}

export function readDemoState(folder: DataFolder): DemoState | undefined {
  const file = join(folder.path, 'demo.json');
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as DemoState) : undefined;
}

export function writeDemoState(folder: DataFolder, state: DemoState): void {
  writeWhole(join(folder.path, 'demo.json'), `${JSON.stringify(state)}\n`);
}

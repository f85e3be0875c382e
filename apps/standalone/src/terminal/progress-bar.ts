/** How far one piece of work is. */
export interface Progress {
  readonly label: string;
  readonly state: 'waiting' | 'running' | 'done' | 'failed';
  readonly done: number;
  /** `undefined` while nobody knows. */
  readonly expected: number | undefined;
  /** Records a second. */
  readonly rate?: number | undefined;
  /** Seconds. */
  readonly left?: number | undefined;
}

const LABEL_WIDTH = 20;
const MAX_BAR_WIDTH = 30;
/** Room for the figures behind the bar. */
const FIGURES_WIDTH = 52;

const number = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

/** One line of a terminal that is `columns` wide. */
export function renderBar(progress: Progress, columns: number): string {
  const width = Math.max(8, Math.min(MAX_BAR_WIDTH, columns - LABEL_WIDTH - FIGURES_WIDTH));
  const share = shareOf(progress);
  const filled = Math.floor(share * width);
  const bar = `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
  const percent = `${Math.floor(share * 100)} %`.padStart(5);
  return `  ${progress.label.padEnd(LABEL_WIDTH)}${bar} ${percent}  ${figures(progress)}`.slice(0, columns - 1);
}

/** The same in words, for a log. */
export function renderLine(progress: Progress): string {
  return `${progress.label}: ${figures(progress)}`;
}

function shareOf({ state, done, expected }: Progress): number {
  if (state === 'done') return 1;
  return expected ? Math.min(1, done / expected) : 0;
}

function figures({ state, done, expected, rate, left }: Progress): string {
  if (state === 'waiting') return '';
  if (state === 'failed') return 'failed';
  const count = expected === undefined ? number.format(done) : `${number.format(done)} of ${number.format(expected)}`;
  const parts = [expected === 0 || (state === 'done' && done === 0) ? 'done' : count];
  if (rate) parts.push(`${number.format(rate)}/s`);
  if (left && state === 'running') parts.push(`${number.format(left)} s left`);
  return parts.join(', ');
}

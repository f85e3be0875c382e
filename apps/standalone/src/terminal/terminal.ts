import { type Progress, renderBar, renderLine } from './progress-bar.js';

/** Where the words go. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Without a terminal, how often a piece of work that goes on is mentioned. */
const MENTION_EVERY_MS = 5_000;
const CURSOR_UP = (lines: number) => (lines > 0 ? `\u001b[${lines}A` : '');
const CLEAR_TO_END = '\u001b[J';

/** Says what happens: with bars that grow where there is a terminal, else in plain lines. */
export class Terminal {
  /** Lines of the bars that stand at the bottom now. */
  private height = 0;
  private isOver = false;
  private readonly mentioned = new Map<string, { state: string; at: number }>();

  constructor(private readonly output: Output) {}

  /** A line above the bars. */
  say(text = ''): void {
    this.output.write(`${this.clearing()}${text}\n`);
    this.height = 0;
  }

  /** Shows the bars in place of those shown before. */
  show(bars: readonly Progress[]): void {
    if (this.isOver) return;
    if (!this.output.isTTY) {
      this.mention(bars);
      return;
    }
    const lines = bars.map((bar) => renderBar(bar, this.output.columns ?? 80));
    this.output.write(`${this.clearing()}${lines.map((line) => `${line}\n`).join('')}`);
    this.height = lines.length;
  }

  /** What stands there stays; the next bars begin below it. */
  settle(): void {
    this.height = 0;
    this.mentioned.clear();
  }

  /** No bars any more: whatever they told of is being stopped. */
  endBars(): void {
    this.settle();
    this.isOver = true;
  }

  private clearing(): string {
    return this.height > 0 ? `${CURSOR_UP(this.height)}${CLEAR_TO_END}` : '';
  }

  private mention(bars: readonly Progress[]): void {
    const now = performance.now();
    for (const bar of bars) {
      const last = this.mentioned.get(bar.label);
      const isNews = bar.state !== last?.state ? bar.state !== 'waiting' : now - last.at >= MENTION_EVERY_MS;
      if (!isNews || (last && bar.state === 'waiting') || last?.state === 'done') continue;
      this.mentioned.set(bar.label, { state: bar.state, at: now });
      if (bar.state !== 'running' || last) this.output.write(`  ${renderLine(bar)}\n`);
    }
  }
}

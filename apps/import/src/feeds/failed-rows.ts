/** A row that failed, and why. */
export interface FailedRow {
  readonly row: number;
  readonly status: string;
  readonly errors: readonly string[];
}

/** Steps through failed rows, ordered by row, beside the records of their file; several entries of a row become one. */
export class FailedRows {
  private readonly source: AsyncIterator<FailedRow>;
  private ahead: FailedRow | null = null;
  private isBegun = false;

  constructor(failed: AsyncIterable<FailedRow>) {
    this.source = failed[Symbol.asyncIterator]();
  }

  /** What is told of a row, or null. Ask in the order of rows; entries of rows that were not asked for are left out. */
  async of(row: number): Promise<FailedRow | null> {
    if (!this.isBegun) await this.step();
    while (this.ahead && this.ahead.row < row) await this.step();
    const told: FailedRow[] = [];
    while (this.ahead?.row === row) {
      told.push(this.ahead);
      await this.step();
    }
    const worst = told.find(({ status }) => status === 'error') ?? told[0];
    return worst ? { row, status: worst.status, errors: told.flatMap(({ errors }) => errors) } : null;
  }

  /** Nothing is left to be found. */
  get isDone(): boolean {
    return this.isBegun && this.ahead === null;
  }

  async close(): Promise<void> {
    await this.source.return?.();
  }

  private async step(): Promise<void> {
    this.isBegun = true;
    const next = await this.source.next();
    this.ahead = next.done ? null : next.value;
  }
}

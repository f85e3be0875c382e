import type { ItemFault } from './item.store.js';

/** What became of one object in one record of a feed, or of a record without one. */
export interface ReportLine {
  readonly file: string | null;
  readonly rowNumber: number | null;
  readonly objectType: string | null;
  readonly referenceId: string | null;
  readonly action: string | null;
  readonly status: string;
  readonly identifierIds: Readonly<Record<string, string>> | null;
  readonly errors: readonly ItemFault[];
  /** What failed before it, as `type reference`. */
  readonly blockedBy: readonly string[];
}

const REPORT_COLUMNS = [
  'file',
  'rowNumber',
  'objectType',
  'referenceId',
  'action',
  'status',
  'identifierIds',
  'errors',
  'blockedBy',
] as const;

export function csvTitle(): string {
  return `${REPORT_COLUMNS.join(',')}\r\n`;
}

export function toCsvLine(line: ReportLine): string {
  const cells = [
    line.file,
    line.rowNumber,
    line.objectType,
    line.referenceId,
    line.action,
    line.status,
    line.identifierIds &&
      Object.entries(line.identifierIds)
        .map(([name, id]) => `${name}=${id}`)
        .join('; '),
    line.errors.map(({ code, message }) => `${code}: ${message}`).join('; '),
    line.blockedBy.join('; '),
  ];
  return `${cells.map(toCell).join(',')}\r\n`;
}

/** A spreadsheet would run a text that begins so as a formula, with whatever somebody put into a feed. */
const FORMULA = /^[=+\-@\t\r]/;

function toCell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

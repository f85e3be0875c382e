import type { FieldError } from '@lockstep/service';
import { readTime } from './local-time.js';

/** What a historic sync was asked for. */
export interface HistoricRequest {
  readonly from: Date;
  readonly to: Date;
  readonly syncIdentifier: string | null;
  readonly dryRun: boolean;
}

export interface HistoricOptions {
  readonly now: Date;
  /** Of times that are stated without a zone. */
  readonly timeZone: string;
}

/** How far back a historic sync may begin. */
const MAX_MONTHS_BACK = 6;

/** The members of a plain body, or of the text in `data`. */
const KNOWN = new Set([
  'id',
  'startDate',
  'endDate',
  'isHistoricSync',
  'returnSyncIdentifier',
  'orderSyncIdentifier',
  'dryRun',
]);

/** Reads a body, plain or with all of it as a text of JSON in `data`; else says what is wrong with it. */
export function readHistoric(
  body: Readonly<Record<string, unknown>>,
  options: HistoricOptions,
): { readonly request: HistoricRequest } | { readonly errors: readonly FieldError[] } {
  const fields = unwrap(body);
  if (!fields) return { errors: [{ path: 'data', message: 'data must be an object of JSON, as text' }] };
  const errors: FieldError[] = [];
  const refuse = (path: string, message: string) => void errors.push({ path, message: `${path} ${message}` });
  for (const name of Object.keys(fields)) if (!KNOWN.has(name)) refuse(name, 'is not known here');
  const { startDate, endDate, isHistoricSync, dryRun } = fields;
  if (isHistoricSync !== undefined && !['1', 1, true].includes(isHistoricSync as string)) {
    refuse('isHistoricSync', 'must be "1"');
  }
  if (dryRun !== undefined && typeof dryRun !== 'boolean') refuse('dryRun', 'must be true or false');
  const from = readDate('startDate', startDate);
  const to = endDate === undefined || endDate === null ? options.now : readDate('endDate', endDate);
  if (from && from < monthsBefore(options.now))
    refuse('startDate', `must be within the last ${MAX_MONTHS_BACK} months`);
  if (from && to && from >= to) refuse('endDate', 'must be after startDate');
  const identifier = fields['returnSyncIdentifier'] ?? fields['orderSyncIdentifier'] ?? null;
  if (identifier !== null && (typeof identifier !== 'string' || identifier.length > 200)) {
    refuse('returnSyncIdentifier', 'must be text of at most 200 characters');
  }
  if (errors.length > 0 || !from || !to) return { errors };
  return { request: { from, to, syncIdentifier: identifier as string | null, dryRun: dryRun === true } };

  function readDate(path: string, value: unknown): Date | undefined {
    const time = typeof value === 'string' ? readTime(value, options.timeZone) : undefined;
    if (!time) refuse(path, 'must be yyyy-MM-dd HH:mm:ss, or an instant with its offset');
    return time;
  }
}

function unwrap(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> | undefined {
  const { data, ...rest } = body;
  if (data === undefined) return rest;
  try {
    const inner: unknown = typeof data === 'string' ? JSON.parse(data) : data;
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return undefined;
    return { ...rest, ...inner };
  } catch {
    return undefined;
  }
}

function monthsBefore(now: Date): Date {
  const then = new Date(now);
  then.setUTCMonth(then.getUTCMonth() - MAX_MONTHS_BACK);
  // The 31st of a shorter month would be a day of the next one, and a day too few allowed.
  if (then.getUTCDate() !== now.getUTCDate()) then.setUTCDate(0);
  return then;
}

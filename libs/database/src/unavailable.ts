/**
 * The connection was lost between two statements of a transaction, so that TypeORM had already given it back. The
 * transaction was rolled back by the server.
 */
export class DatabaseConnectionLostError extends Error {
  override readonly name = 'DatabaseConnectionLostError';

  constructor(cause: unknown) {
    super('the connection to the database was lost in the middle of a transaction', { cause });
  }
}

/** Socket errors that mean "nobody answers", not "the statement is wrong". */
const SOCKET_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EPIPE',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** Class 08 apart: shut down by an operator, crashed, starting up, dropped, too many clients. */
const SQL_STATES = new Set(['57P01', '57P02', '57P03', '57P05', '53300']);

/** Errors that node-postgres raises itself, without a code. */
const DRIVER_MESSAGES =
  /^(Connection terminated|Client was closed|Client has encountered a connection error|Query read timeout|timeout e(xceeded when trying to connect|xpired))/;

/**
 * True when the database cannot be reached or is going away: the same call may succeed later, nothing about the
 * statement is wrong. False for constraint violations, syntax errors, statement timeouts and the like.
 *
 * Looks through TypeORM's `driverError`, `cause` and the parts of an AggregateError (`localhost` with two addresses).
 */
export function isDatabaseUnavailable(error: unknown): boolean {
  return connectionFailureIn(error, 0);
}

function connectionFailureIn(error: unknown, depth: number): boolean {
  if (!(error instanceof Error) || depth > 4) return false;
  if (error instanceof DatabaseConnectionLostError) return true;
  const { code, driverError, errors } = error as Error & { code?: unknown; driverError?: unknown; errors?: unknown };
  if (typeof code === 'string' && (SOCKET_CODES.has(code) || SQL_STATES.has(code) || /^08...$/.test(code))) return true;
  if (DRIVER_MESSAGES.test(error.message)) return true;
  const inner = [driverError, error.cause, ...(Array.isArray(errors) ? errors : [])];
  return inner.some((each) => connectionFailureIn(each, depth + 1));
}

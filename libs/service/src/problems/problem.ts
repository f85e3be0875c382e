import 'reflect-metadata';
import { STATUS_CODES } from 'node:http';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, ValidateNested } from 'class-validator';

/** One wrong field of a request. */
export class FieldError {
  /** Dotted, with indexes: `items.0.sku`. */
  @IsString()
  path!: string;

  @IsString()
  message!: string;
}

/** Every answer that is an error: `application/problem+json` (RFC 9457). Domain errors add members, such as `runId`. */
export class Problem {
  @IsString()
  type!: string;

  @IsString()
  title!: string;

  @IsInt()
  status!: number;

  @IsString()
  detail!: string;

  /** Stable, for programs: `VALIDATION_FAILED`. */
  @IsString()
  code!: string;

  /** Path of the request. */
  @IsString()
  instance!: string;

  /** Stands in the log lines of this request, and in the header `X-Request-Id`. */
  @IsOptional()
  @IsString()
  requestId?: string;

  @IsOptional()
  @ValidateNested({ each: true })
  @Type(() => FieldError)
  errors?: FieldError[];
}

/**
 * An error that its caller is told about.
 *
 * @example throw new ProblemError(409, 'SYNC_ALREADY_RUNNING', 'A rebuild is running already.', { runId });
 */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  /**
   * @param code stable, upper snake case
   * @param detail one sentence for a person
   * @param members further members of the answer; cannot replace the standard ones
   * @param headers headers of the answer, such as `Retry-After`
   */
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly members: Readonly<Record<string, unknown>> = {},
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(detail);
  }
}

/** The body of a problem answer. */
export function problemBody(error: ProblemError, instance: string, requestId: string | undefined): Problem {
  return {
    ...error.members,
    type: `urn:lockstep:problem:${error.code.toLowerCase().replaceAll('_', '-')}`,
    title: STATUS_CODES[error.status] ?? 'Error',
    status: error.status,
    detail: error.detail,
    code: error.code,
    instance,
    ...(requestId ? { requestId } : {}),
  };
}

import { currentContext } from '@lockstep/messaging';
import { type ArgumentsHost, Catch, type ExceptionFilter, Logger, NotFoundException } from '@nestjs/common';
import type { Request, Response } from 'express';
import { AuditLog } from '../access/audit-log.js';
import { allowedMethods } from './allowed-methods.js';
import { ProblemError, problemBody } from './problem.js';
import { toProblem } from './to-problem.js';

/** Answers every error as problem+json; logs those that we did not foresee, and audits refused changes. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  constructor(private readonly auditLog: AuditLog) {}

  async catch(error: unknown, host: ArgumentsHost): Promise<void> {
    const request = host.switchToHttp().getRequest<Request>();
    const response = host.switchToHttp().getResponse<Response>();
    const problem = this.methodProblem(error, request) ?? toProblem(error);
    this.logFault(error, problem);
    if (problem.status < 500) await this.auditLog.recordRequest(request, response, problem.status);
    if (response.headersSent) {
      // The answer has begun: cutting it short is the only way left to tell that it is not whole.
      response.destroy();
      return;
    }
    const body = problemBody(problem, request.path, currentContext()?.requestId);
    response.status(problem.status).set(problem.headers).type('application/problem+json').send(JSON.stringify(body));
  }

  /** A path that is served under other methods is a 405, which Express does not know. */
  private methodProblem(error: unknown, request: Request): ProblemError | undefined {
    if (!(error instanceof NotFoundException) || request.route) return undefined;
    const methods = allowedMethods(request.app, request.path);
    if (methods.length === 0) return undefined;
    const allow = methods.join(', ');
    const detail = `${request.method} is not possible here; possible: ${allow}.`;
    return new ProblemError(405, 'METHOD_NOT_ALLOWED', detail, {}, { Allow: allow });
  }

  private logFault(error: unknown, problem: ProblemError): void {
    if (problem.status === 503) this.logger.warn({ msg: 'an engine is unreachable', code: problem.code, err: error });
    else if (problem.status >= 500) this.logger.error({ msg: 'a request failed', err: error });
  }
}

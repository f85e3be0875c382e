import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { ProblemError } from '../problems/problem.js';
import { validationProblem } from '../problems/validation.js';
import { CONSUMES } from './consumes.js';
import { handlerArguments } from './handler-arguments.js';

/** Refuses query parameters that the handler does not know, and bodies of a media type that it does not take. */
@Injectable()
export class RequestShapeGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<Request>();
    refuseUnknownQuery(request, context);
    refuseMediaType(request, this.reflector.get<string[] | undefined>(CONSUMES, context.getHandler()));
    return true;
  }
}

/** A whole-query class is checked by the validation pipe; here the handlers without one. */
function refuseUnknownQuery(request: Request, context: ExecutionContext): void {
  const names = Object.keys(request.query);
  if (names.length === 0) return;
  const declared = handlerArguments(context.getClass(), context.getHandler().name).filter(
    ({ kind }) => kind === 'query',
  );
  if (declared.some(({ name }) => name === undefined)) return;
  const unknown = names.filter((name) => declared.every((each) => each.name !== name));
  if (unknown.length === 0) return;
  throw validationProblem(unknown.map((path) => ({ path, message: `property ${path} should not exist` })));
}

function refuseMediaType(request: Request, consumes: readonly string[] = ['application/json']): void {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  const hasBody = encoding !== undefined || Number(length ?? 0) > 0;
  if (!hasBody || request.is([...consumes])) return;
  const detail = `The body must be ${consumes.join(' or ')}.`;
  throw new ProblemError(415, 'UNSUPPORTED_MEDIA_TYPE', detail, {}, { Accept: consumes.join(', ') });
}

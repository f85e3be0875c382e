import { currentContext } from '@lockstep/messaging';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request } from 'express';
import { ProblemError } from '../problems/problem.js';
import { type AccessedRequest, type Actor, hasRole, type Role } from './actor.js';
import { Authenticator } from './authenticator.js';
import { ACCESS_RULE, type AccessRule } from './requires.js';

/** Lets nobody through a route whose rule they do not meet; a route without a rule is closed to all. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly authenticator: Authenticator,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    if (context.getType() !== 'http') return true;
    const request = context.switchToHttp().getRequest<AccessedRequest>();
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (rule === 'public') return this.letThrough(request);
    request.access = { isPublic: false };
    const actor = await this.authenticator.authenticate(bearerToken(request) ?? refuseAnonymous());
    if (!actor) refuseAnonymous('The token is unknown, revoked or expired.');
    request.access.actor = actor;
    noteActor(actor);
    if (!rule) throw forbidden('This route has no access rule.');
    if (!hasRole(actor.role, rule.role))
      throw forbidden(`The role ${rule.role} is needed; this token is ${actor.role}.`);
    const missing = rule.scopes.filter((scope) => !actor.scopes.includes(scope));
    if (missing.length > 0) throw forbidden(`The scope ${missing.join(', ')} is needed.`);
    return true;
  }

  /** A public route may say more to a caller whom it knows, but refuses nobody, even while the database is away. */
  private async letThrough(request: AccessedRequest): Promise<true> {
    const key = bearerToken(request);
    const actor = key ? await this.authenticator.authenticate(key).catch(() => undefined) : undefined;
    request.access = actor ? { isPublic: true, actor } : { isPublic: true };
    if (actor) noteActor(actor);
    return true;
  }
}

/** Throws the 403 of a caller that lacks a role, for rules that depend on more than the route. */
export function requireRole(actor: Actor, role: Role): void {
  if (!hasRole(actor.role, role)) throw forbidden(`The role ${role} is needed; this token is ${actor.role}.`);
}

function bearerToken(request: Request): string | undefined {
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
}

function noteActor(actor: Actor): void {
  const context = currentContext();
  if (context) context.actor = actor.id;
}

function refuseAnonymous(detail = 'Send a token: Authorization: Bearer <token>.'): never {
  throw new ProblemError(401, 'UNAUTHENTICATED', detail, {}, { 'WWW-Authenticate': 'Bearer realm="lockstep"' });
}

function forbidden(detail: string): ProblemError {
  return new ProblemError(403, 'FORBIDDEN', detail);
}

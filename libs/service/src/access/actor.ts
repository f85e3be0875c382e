import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request } from 'express';

/** What a caller may do; each role may do all that those before it may. */
export const ROLES = ['viewer', 'operator', 'admin'] as const;
/** `viewer` reads; `operator` also triggers, retries, replays, cancels; `admin` also configures and manages tokens. */
export type Role = (typeof ROLES)[number];

/** Rights apart from the role: personal data, and the log search. */
export const SCOPES = ['pii:read', 'logs:read'] as const;
/** One of `SCOPES`. */
export type Scope = (typeof SCOPES)[number];

/** Who is calling. */
export interface Actor {
  /** The token's id; `admin-token` for the one of the environment. */
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly scopes: readonly Scope[];
  /** Tenants whose data the actor may see; empty: all of them. */
  readonly accountSlugs: readonly string[];
  /** Warehouse workspaces that the actor may see; empty: all of them. */
  readonly workspaces: readonly string[];
}

/** What the access guard found out about a request. */
export interface RequestAccess {
  readonly isPublic: boolean;
  actor?: Actor;
}

/** A request that has passed, or was refused by, the access guard. */
export type AccessedRequest = Request & { access?: RequestAccess };

/** True when `role` may do what `wanted` may. */
export function hasRole(role: Role, wanted: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(wanted);
}

/** Parameter decorator: the `Actor` who calls; `undefined` only on public routes. */
export const CurrentActor = createParamDecorator(
  (_: unknown, context: ExecutionContext): Actor | undefined =>
    context.switchToHttp().getRequest<AccessedRequest>().access?.actor,
);

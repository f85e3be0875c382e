import { SetMetadata } from '@nestjs/common';
import type { Role, Scope } from './actor.js';

/** Key under which a route's rule is kept. */
export const ACCESS_RULE = Symbol('access rule');

/** Who may call a route. */
export type AccessRule = 'public' | { readonly role: Role; readonly scopes: readonly Scope[] };

/** The caller needs this role, or one above it, and every one of the scopes. On a method, or a class for all of its. */
export function Requires(role: Role, ...scopes: Scope[]): MethodDecorator & ClassDecorator {
  return SetMetadata(ACCESS_RULE, { role, scopes } satisfies AccessRule);
}

/** Anybody may call this route, without a token. */
export function Public(): MethodDecorator & ClassDecorator {
  return SetMetadata(ACCESS_RULE, 'public' satisfies AccessRule);
}

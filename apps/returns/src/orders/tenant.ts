import { type Actor, ProblemError } from '@lockstep/service';

/** Whose data a caller may see: orders of these accounts and these workspaces; an empty list is no limit. */
export interface Tenant {
  readonly accountSlugs: readonly string[];
  readonly workspaces: readonly string[];
}

/** No limits: what the service does by itself. */
export const EVERYBODY: Tenant = { accountSlugs: [], workspaces: [] };

/** The limits of a caller, from the token and from nowhere else. Nobody: the least that there is. */
export function tenantOf(actor: Actor | undefined): Tenant {
  // A name that no account has.
  if (actor === undefined) return { accountSlugs: ['\uFFFF'], workspaces: [] };
  return { accountSlugs: actor.accountSlugs, workspaces: actor.workspaces };
}

/** True when some data is another's. */
export function isLimited({ accountSlugs, workspaces }: Tenant): boolean {
  return accountSlugs.length + workspaces.length > 0;
}

/** True for an order, or what hangs on one, that is the tenant's. What belongs to nobody is not. */
export function owns(
  { accountSlugs, workspaces }: Tenant,
  order: { readonly accountSlug?: unknown; readonly workspace?: unknown },
): boolean {
  const isOneOf = (names: readonly string[], name: unknown) => names.length === 0 || names.includes(name as string);
  return isOneOf(accountSlugs, order.accountSlug) && isOneOf(workspaces, order.workspace);
}

/** The same as a condition of SQL on the order `o`; its two values are parameters from `first` on. */
export function ownsSql(first: number): string {
  return [
    `(cardinality($${first}::text[]) = 0 OR o.account_slug = ANY ($${first}::text[]))`,
    `(cardinality($${first + 1}::text[]) = 0 OR o.workspace = ANY ($${first + 1}::text[]))`,
  ].join(' AND ');
}

/** What touches everybody's data is not for those who may see some of it only. @throws ProblemError 403 */
export function refuseLimited(actor: Actor | undefined): void {
  if (!isLimited(tenantOf(actor))) return;
  throw new ProblemError(403, 'TENANT_LIMITED', 'This token is limited to some accounts or workspaces.');
}

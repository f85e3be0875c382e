/** What is asked for, as queries of the index: pure, so that what a caller may see is decided in one place and tested there. */
import type { Facet, Filter, SearchQuery, Sort } from '@lockstep/search';
import { type Actor, hasRole, ProblemError, validationProblem } from '@lockstep/service';
import { type HashPersonal, toEmailKey, toPhoneKey } from '../documents/hash-personal.js';
import { isTimeZone, readTime } from '../historic/local-time.js';
import type { Tenant } from '../orders/tenant.js';
import {
  type FacetName,
  FILTER_FIELDS,
  FILTER_NAMES,
  type FilterField,
  type FilterName,
  SORT_FIELDS,
  TAB_DAYS,
  TABS,
} from './search-fields.js';
import type { ReturnFilters, ReturnSearchBody } from './search-request.js';

/** Who asks, and when. */
export interface Asking {
  readonly actor: Actor;
  readonly tenant: Tenant;
  readonly now: Date;
  readonly hash: HashPersonal;
  /** The zone of times without one, where the caller names none. */
  readonly timeZone: string;
}

/** How the words of a query are looked for. */
export type QueryMode = 'none' | 'exact' | 'text' | 'customer';

/** A search, understood and allowed. */
export interface SearchPlan {
  /** Conditions that no filter of the caller's can take away. */
  readonly tenant: readonly Filter[];
  /** By the name of the filter, so that a facet can leave its own out. Conditions of the return. */
  readonly ofReturns: ReadonlyMap<string, Filter>;
  /** Conditions that one item must meet, which start at the item. */
  readonly ofItems: ReadonlyMap<FilterName, Filter>;
  readonly query: string;
  readonly sort: readonly Sort[];
  readonly page: number;
  readonly hitsPerPage: number;
  readonly cursor: string | undefined;
  readonly facets: readonly FacetName[];
  readonly facetSize: number;
  readonly facetLevel: 'return' | 'item';
  readonly granularity: 'return' | 'item';
  readonly tombstones: boolean;
  readonly ids: readonly number[] | undefined;
  readonly minVersion: number | undefined;
  readonly attributes: readonly string[] | undefined;
}

const MAX_QUERY_BYTES = 512;
const MAX_PAGED = 10_000;
const DAY_MS = 86_400_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** @throws ProblemError 400 for what cannot be answered, 403 for what is not for the caller */
export function planSearch(body: ReturnSearchBody, asking: Asking): SearchPlan {
  const { page, hitsPerPage, cursor } = planPage(body);
  const query = (body.query ?? '').trim();
  if (Buffer.byteLength(query) > MAX_QUERY_BYTES) refuse('query', `must not have more than ${MAX_QUERY_BYTES} bytes`);
  const minVersion = body.minVersion ?? undefined;
  const ids = body.ids ?? undefined;
  if (minVersion !== undefined && !ids?.length) refuse('minVersion', 'needs the ids that it is about');
  const tombstones = body.includeTombstones ?? false;
  if (tombstones && !hasRole(asking.actor.role, 'admin')) {
    throw new ProblemError(403, 'FORBIDDEN', 'Only an admin may see returns that are gone.');
  }
  return {
    tenant: tenantFilters(asking.tenant),
    ofReturns: new Map([...filtersOfReturns(body.filters ?? {}, asking), ...windowOf(body, asking), ...idsOf(ids)]),
    ofItems: filtersOfItems(body.filters ?? {}),
    query,
    sort: planSort(body.sort ?? '-createdAt'),
    page,
    hitsPerPage,
    cursor,
    facets: [...new Set(body.facets ?? [])],
    facetSize: body.maxValuesPerFacet ?? 100,
    facetLevel: body.facetLevel ?? 'return',
    granularity: body.granularity ?? 'return',
    tombstones,
    ids,
    minVersion,
    attributes: body.attributesToRetrieve ?? undefined,
  };
}

/** The conditions of a token: what belongs to nobody is not its either. */
function tenantFilters({ accountSlugs, workspaces }: Tenant): Filter[] {
  return [
    ...(accountSlugs.length > 0 ? [{ field: 'accountSlug', anyOf: accountSlugs }] : []),
    ...(workspaces.length > 0 ? [{ field: 'workspace', anyOf: workspaces }] : []),
  ];
}

/** All conditions; those of the filter named are left out, for the facet of the same name. */
function toFilters(plan: SearchPlan, mode: QueryMode, without?: FacetName): Filter[] {
  const ofReturns = [...plan.ofReturns].flatMap(([name, filter]) => (name === without ? [] : [filter]));
  const ofItems = itemFilters(plan, without);
  return [
    ...plan.tenant,
    ...ofReturns,
    ...(ofItems.length > 0 ? [{ nested: 'items', filters: ofItems }] : []),
    ...(mode === 'exact' ? [exactFilter(plan.query)] : []),
    ...(mode === 'customer' ? [{ field: 'customerName', matches: plan.query }] : []),
  ];
}

/** Conditions that one item must meet. */
export function itemFilters(plan: SearchPlan, without?: FacetName): Filter[] {
  return [...plan.ofItems].flatMap(([name, filter]) => (name === without ? [] : [filter]));
}

/** The page that is asked for, with the counts that its own conditions give right. */
export function toPageQuery(plan: SearchPlan, mode: QueryMode): SearchQuery {
  return {
    ...textOf(plan, mode),
    filters: toFilters(plan, mode),
    sort: plan.sort,
    pageSize: plan.hitsPerPage,
    ...(plan.cursor === undefined ? { page: plan.page + 1 } : { cursor: plan.cursor }),
    facets: plan.facets.filter((name) => !isFiltered(plan, name)).map((name) => toFacet(plan, name)),
    tombstones: plan.tombstones,
  };
}

/** A query a filter that is set and counted: its counts are those that there would be without it. */
export function toFacetQueries(plan: SearchPlan, mode: QueryMode): SearchQuery[] {
  return plan.facets
    .filter((name) => isFiltered(plan, name))
    .map((name) => ({
      ...textOf(plan, mode),
      filters: toFilters(plan, mode, name),
      pageSize: 1,
      facets: [toFacet(plan, name)],
    }));
}

/** Counts the items that a search by items shows: each has one quantity. */
export function toItemCountQuery(plan: SearchPlan, mode: QueryMode): SearchQuery {
  const facet: Facet = {
    nested: 'items',
    field: 'itemStatus',
    count: 'elements',
    filters: itemFilters(plan),
    size: 1_000,
  };
  return { ...textOf(plan, mode), filters: toFilters(plan, mode), pageSize: 1, facets: [facet] };
}

/** What the counts of a facet are found under in an answer of the index. */
export function facetKey(plan: SearchPlan, name: FacetName): string {
  const { nested, field } = toFacet(plan, name);
  return nested === undefined ? field : `${nested}.${field}`;
}

/** Returns that the words name, by a number or a code of theirs. */
export function exactFilter(query: string): Filter {
  const anyOf = [...new Set([query, query.toUpperCase()])];
  const number = /^\d{1,15}$/.test(query) ? [Number(query)] : [];
  return {
    or: [
      { field: 'returnId', anyOf: number },
      { field: 'customerReturnNumber', anyOf },
      { field: 'returnTrackingId', anyOf },
      { field: 'customerOrderNumber', anyOf },
      {
        nested: 'items',
        filters: [
          {
            or: [
              { field: 'orderItemId', anyOf: number },
              { field: 'sku', anyOf },
              { field: 'ean', anyOf },
            ],
          },
        ],
      },
    ],
  };
}

function textOf(plan: SearchPlan, mode: QueryMode): { text?: string } {
  return mode === 'text' ? { text: plan.query } : {};
}

function isFiltered(plan: SearchPlan, name: FacetName): boolean {
  return plan.ofReturns.has(name) || plan.ofItems.has(name as FilterName);
}

function facetField(name: FacetName): FilterField {
  return (FILTER_FIELDS as Readonly<Record<string, FilterField>>)[name] ?? { field: name, level: 'return' };
}

function toFacet(plan: SearchPlan, name: FacetName): Facet {
  const { field, level, all } = facetField(name);
  const { facetSize: size, facetLevel } = plan;
  if (level === 'return') return { field, size };
  const filters = itemFilters(plan, name);
  if (facetLevel === 'return' && filters.length === 0 && all !== undefined) return { field: all, size };
  return { nested: 'items', field, size, count: facetLevel === 'item' ? 'elements' : 'documents', filters };
}

function* filtersOfReturns(filters: ReturnFilters, asking: Asking): Generator<[string, Filter]> {
  for (const name of FILTER_NAMES) {
    const { field, level } = FILTER_FIELDS[name];
    const anyOf = valuesOf(filters, name);
    if (level === 'return' && anyOf) yield [name, { field, anyOf }];
  }
  if (typeof filters.delayed === 'boolean') {
    const late = lateFilter(asking.now);
    yield ['delayed', filters.delayed ? late : { not: late }];
  }
  const { customerPhone, customerEmail } = filters;
  if ((customerPhone ?? customerEmail) && !asking.actor.scopes.includes('pii:read')) {
    throw new ProblemError(403, 'FORBIDDEN', 'To look for a customer needs the scope pii:read.');
  }
  if (customerPhone) yield ['customerPhone', hashed('customerPhoneHash', asking.hash(toPhoneKey(customerPhone)))];
  if (customerEmail) yield ['customerEmail', hashed('customerEmailHash', asking.hash(toEmailKey(customerEmail)))];
}

function hashed(field: string, hash: string): Filter {
  return { field, anyOf: [hash] };
}

function filtersOfItems(filters: ReturnFilters): Map<FilterName, Filter> {
  return new Map(
    FILTER_NAMES.flatMap((name): [FilterName, Filter][] => {
      const { field, level } = FILTER_FIELDS[name];
      const anyOf = valuesOf(filters, name);
      return level === 'item' && anyOf ? [[name, { field, anyOf }]] : [];
    }),
  );
}

/** An empty list is a filter that is not set, as in the consoles that send it. */
function valuesOf(filters: ReturnFilters, name: FilterName): (string | boolean)[] | undefined {
  const given = filters[name];
  if (given === undefined || given === null) return undefined;
  if (!Array.isArray(given)) return [given];
  return given.length > 0 ? given : undefined;
}

/** By the clock of the one who asks: nothing in the index says that a return is late, so none is ever wrongly so. */
function lateFilter(now: Date): Filter {
  const before = new Date(now.getTime() - 1).toISOString();
  return {
    and: [
      { field: 'slaDueAt', range: { to: before } },
      { field: 'completedAt', exists: false },
      { field: 'isCancelled', anyOf: [false] },
    ],
  };
}

function* windowOf(body: ReturnSearchBody, { now, timeZone }: Asking): Generator<[string, Filter]> {
  const { tab } = body;
  if (tab) {
    for (const [name, anyOf] of Object.entries(TABS[tab])) {
      yield [`tab.${name}`, { field: FILTER_FIELDS[name as FilterName].field, anyOf }];
    }
  }
  const zone = body.tz ?? timeZone;
  if (!isTimeZone(zone)) refuse('tz', 'must be a time zone such as Europe/London');
  const from = body.from ? instantOf('from', body.from, zone) : undefined;
  const to = body.to ? instantOf('to', body.to, zone) : undefined;
  const isOpen = from === undefined && to === undefined;
  if (isOpen && !tab) return;
  const since = isOpen ? new Date(now.getTime() - TAB_DAYS * DAY_MS) : from;
  const range = {
    ...(since && { from: since.toISOString() }),
    // The end is not part of it, and instants are kept to the millisecond.
    ...(to && { to: new Date(to.getTime() - 1).toISOString() }),
  };
  yield ['dates', { field: body.dateField ?? 'createdAt', range }];
}

function instantOf(field: string, text: string, timeZone: string): Date {
  return (
    readTime(DAY.test(text) ? `${text} 00:00:00` : text, timeZone) ??
    refuse(field, 'must be an instant such as 2026-11-21T10:00:00Z, or 2026-11-21 10:00:00 with tz')
  );
}

function* idsOf(ids: readonly number[] | undefined): Generator<[string, Filter]> {
  if (ids) yield ['ids', { field: 'returnId', anyOf: ids }];
}

function planSort(sort: string): Sort[] {
  const [name = '', word] = sort.replace(/^-/, '').split(/[: ]/);
  const field = SORT_FIELDS.find((each) => each === name);
  if (!field) return refuse('sort', `must be one of ${SORT_FIELDS.join(', ')}`);
  const direction = sort.startsWith('-') || word === 'desc' ? 'desc' : 'asc';
  return [
    { field, direction },
    { field: 'returnId', direction },
  ];
}

function planPage(body: ReturnSearchBody): Pick<SearchPlan, 'page' | 'hitsPerPage' | 'cursor'> {
  const { page, hitsPerPage, cursor } = {
    page: body.page ?? 0,
    hitsPerPage: body.hitsPerPage ?? 20,
    cursor: body.cursor,
  };
  if (cursor && page > 0) refuse('cursor', 'cannot be given with a page');
  if ((page + 1) * hitsPerPage > MAX_PAGED) {
    const detail = `Pages reach ${MAX_PAGED} hits; beyond them use the cursor of each answer.`;
    throw new ProblemError(400, 'PAGE_WINDOW_EXCEEDED', detail);
  }
  return { page, hitsPerPage, cursor: cursor ?? undefined };
}

function refuse(path: string, message: string): never {
  throw validationProblem([{ path, message: `${path} ${message}` }]);
}

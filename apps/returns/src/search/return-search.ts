import type { SearchEngine, SearchItem, SearchResult } from '@lockstep/search';
import { type Actor, Clock, SEARCH_ENGINE } from '@lockstep/service';
import { Inject, Injectable } from '@nestjs/common';
import type { HashPersonal } from '../documents/hash-personal.js';
import { HASH_PERSONAL } from '../documents/indexed-returns.js';
import { ReturnFamily } from '../documents/return-family.js';
import { RETURN_ALIAS, returnSchema } from '../documents/return-schema.js';
import { tenantOf } from '../orders/tenant.js';
import { Freshness } from './freshness.js';
import {
  type Asking,
  exactFilter,
  itemFilters,
  planSearch,
  type QueryMode,
  type SearchPlan,
  toFacetQueries,
  toItemCountQuery,
  toPageQuery,
} from './plan-search.js';
import { ReadYourWrite } from './read-your-write.js';
import type { ReturnSearchAnswer } from './search-answer.js';
import type { ReturnSearchBody } from './search-request.js';
import { toFacetStats, toFacets } from './to-facets.js';
import { toHit, toItemHits } from './to-hit.js';

/** Injection token of the zone of times that are stated without one. */
export const INPUT_TIME_ZONE = Symbol('INPUT_TIME_ZONE');

const MAX_PAGED = 10_000;

/** Searches returns. */
@Injectable()
export class ReturnSearch {
  constructor(
    @Inject(SEARCH_ENGINE) private readonly engine: SearchEngine,
    private readonly family: ReturnFamily,
    private readonly readYourWrite: ReadYourWrite,
    private readonly freshness: Freshness,
    private readonly clock: Clock,
    @Inject(HASH_PERSONAL) private readonly hash: HashPersonal,
    @Inject(INPUT_TIME_ZONE) private readonly timeZone: string,
  ) {}

  /** @throws ProblemError 400, 403, 409; SearchUnavailableError */
  async search(body: ReturnSearchBody, actor: Actor): Promise<ReturnSearchAnswer> {
    const startedAt = performance.now();
    const asking = { actor, tenant: tenantOf(actor), now: this.clock.now(), hash: this.hash, timeZone: this.timeZone };
    const plan = planSearch(body, asking);
    // The alias is there from the first request on, though nothing was written yet.
    const family = await this.family.ready();
    if (plan.minVersion !== undefined) await this.readYourWrite.wait(plan.ids ?? [], plan.minVersion, asking.tenant);
    // An alias never shows what is gone.
    const target = plan.tombstones ? ((await family.status()).active?.indexName ?? RETURN_ALIAS) : RETURN_ALIAS;
    const mode = await this.modeOf(plan, asking);
    const [found, ...others] = await Promise.all([
      this.engine.search(returnSchema, target, toPageQuery(plan, mode)),
      ...toFacetQueries(plan, mode).map((query) => this.engine.search(returnSchema, RETURN_ALIAS, query)),
    ]);
    const itemCount = plan.granularity === 'item' ? await this.countItems(plan, mode) : undefined;
    const gone = await this.goneOf(plan, target);
    return {
      ...this.toHits(plan, asking, [...found.items, ...gone]),
      nbHits: (itemCount ?? found.total) + gone.length,
      page: plan.page,
      nbPages: Math.min(Math.ceil(found.total / plan.hitsPerPage), Math.floor(MAX_PAGED / plan.hitsPerPage)),
      hitsPerPage: plan.hitsPerPage,
      facets: toFacets(plan, [found, ...others]),
      facets_stats: toFacetStats(plan, [found, ...others]),
      cursor: found.cursor ?? null,
      processingTimeMS: Math.round(performance.now() - startedAt),
      query: plan.query,
      sync: await this.freshness.read(),
    };
  }

  /** Who names a number or a code means it; only else words are looked for. */
  private async modeOf({ query, tenant }: SearchPlan, { actor }: Asking): Promise<QueryMode> {
    if (query === '') return 'none';
    const exact = await this.engine.count(returnSchema, RETURN_ALIAS, [...tenant, exactFilter(query)]);
    if (exact > 0) return 'exact';
    if (!actor.scopes.includes('pii:read')) return 'text';
    const words = await this.engine.search(returnSchema, RETURN_ALIAS, { text: query, filters: tenant, pageSize: 1 });
    return words.total > 0 ? 'text' : 'customer';
  }

  private async countItems(plan: SearchPlan, mode: QueryMode): Promise<number> {
    const { facets } = await this.engine.search(returnSchema, RETURN_ALIAS, toItemCountQuery(plan, mode));
    return (facets['items.itemStatus'] ?? []).reduce((sum, { count }) => sum + count, 0);
  }

  /** What is gone has no field by which it could be found, but whoever may see it may name it. */
  private async goneOf({ tombstones, ids, tenant }: SearchPlan, target: string): Promise<SearchItem[]> {
    if (!tombstones || !ids || tenant.length > 0) return [];
    const documents = await this.engine.getMany(target, ids.map(String));
    return documents.flatMap(({ id, version, deleted }) => (deleted ? [{ id, version, document: {}, deleted }] : []));
  }

  private toHits(plan: SearchPlan, { now, actor }: Asking, items: readonly SearchResult['items'][number][]) {
    const showing = { now, isPersonal: actor.scopes.includes('pii:read'), attributes: plan.attributes };
    if (plan.granularity === 'return') return { hits: items.map((item) => toHit(item, showing)) };
    return { hits: items.flatMap((item) => toItemHits(item, itemFilters(plan), showing)) };
  }
}

import { ElasticsearchEngine, PostgresSearchEngine, type SearchEngine } from '@lockstep/search';
import { type DynamicModule, Inject, Injectable, Module, type OnApplicationShutdown } from '@nestjs/common';
import type { SearchingServiceConfig } from '../config/service-config.js';
import type { Health, HealthContributor } from '../health/health.js';

/** Injection token of the {@link SearchEngine}. */
export const SEARCH_ENGINE = Symbol('SEARCH_ENGINE');

/** The engine that the URL is of: PostgreSQL's own schemes name the adapter for installations without Elasticsearch. */
export function createSearchEngine({
  elasticsearchUrl,
  indexPrefix,
}: Pick<SearchingServiceConfig, 'elasticsearchUrl' | 'indexPrefix'>): SearchEngine {
  const options = { url: elasticsearchUrl, prefix: indexPrefix };
  return /^postgres(ql)?:/.test(elasticsearchUrl)
    ? new PostgresSearchEngine(options)
    : new ElasticsearchEngine(options);
}

/** The index takes writes. A service without it still answers, so it is degraded and not down. */
@Injectable()
export class SearchHealth implements HealthContributor {
  readonly name = 'search';

  constructor(@Inject(SEARCH_ENGINE) private readonly engine: SearchEngine) {}

  async check(): Promise<Health> {
    const { ready, reason } = await this.engine.probe();
    return ready ? { status: 'up' } : { status: 'degraded', detail: { reason } };
  }
}

/** The search engine of a service, for the whole application; closed after everything that uses it has stopped. */
@Module({})
export class SearchModule implements OnApplicationShutdown {
  constructor(@Inject(SEARCH_ENGINE) private readonly engine: SearchEngine) {}

  static forService(config: SearchingServiceConfig): DynamicModule {
    const engine = createSearchEngine(config);
    return {
      module: SearchModule,
      global: true,
      providers: [{ provide: SEARCH_ENGINE, useValue: engine }, SearchHealth],
      exports: [SEARCH_ENGINE, SearchHealth],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.engine.close();
  }
}

import { byNumber, EVERYBODY, type IndexedDocument, type MasterIndex, withoutTechnicalPart } from './master-index.js';

const PAGE = 1_000;

/** As any client of Elasticsearch reads it: through its aliases, with no code of ours in between. */
export class ElasticsearchMasterIndex implements MasterIndex {
  constructor(
    private readonly url: string,
    private readonly prefix: string,
  ) {}

  async count(alias: string): Promise<number> {
    const { count } = await this.request<{ count: number }>('GET', `/${this.prefix}${alias}/_count`);
    return count;
  }

  async *documents(alias = EVERYBODY): AsyncGenerator<IndexedDocument> {
    let after: unknown[] | undefined;
    for (;;) {
      const { hits } = await this.request<SearchAnswer>('POST', `/${this.prefix}${alias}/_search`, {
        size: PAGE,
        sort: [{ gmcReferenceNumber: 'asc' }],
        ...(after ? { search_after: after } : {}),
      });
      for (const { _source } of hits.hits) yield withoutTechnicalPart(_source);
      after = hits.hits.at(-1)?.sort;
      if (hits.hits.length < PAGE) return;
    }
  }

  read(alias?: string): Promise<Map<string, IndexedDocument>> {
    return byNumber(this.documents(alias));
  }

  async readOne(generation: string, gmcNumber: string): Promise<IndexedDocument | undefined> {
    const path = `/${this.prefix}${generation}/_doc/${gmcNumber}?realtime=true`;
    const { _source } = await this.request<{ _source?: IndexedDocument }>('GET', path);
    return _source && withoutTechnicalPart(_source);
  }

  async targets(): Promise<Map<string, string[]>> {
    const answer = await this.request<Record<string, { aliases: object }>>('GET', `/${this.prefix}*/_alias`);
    const targets = new Map<string, string[]>();
    for (const [index, { aliases }] of Object.entries(answer)) {
      for (const alias of Object.keys(aliases)) {
        const name = alias.slice(this.prefix.length);
        targets.set(name, [...(targets.get(name) ?? []), index.slice(this.prefix.length)]);
      }
    }
    return targets;
  }

  async has(generation: string): Promise<boolean> {
    const answer = await fetch(`${this.url}/${this.prefix}${generation}`, { method: 'HEAD' });
    return answer.status === 200;
  }

  private async request<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await fetch(this.url + path, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body ? JSON.stringify(body) : undefined,
      signal: AbortSignal.timeout(90_000),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}

interface SearchAnswer {
  hits: { hits: { _source: IndexedDocument; sort: unknown[] }[] };
}

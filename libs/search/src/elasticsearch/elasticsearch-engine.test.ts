import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createIndexPrefix, describeWithEngines } from '@lockstep/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { describeSearchEngine } from '../engine/search-engine.conformance.js';
import { isSearchUnavailable } from '../engine/search-errors.js';
import { ElasticsearchEngine } from './elasticsearch-engine.js';

describeWithEngines('Elasticsearch', ({ elasticsearchUrl }) => {
  describeSearchEngine('as a search engine', async () => {
    const place = createIndexPrefix({ elasticsearchUrl });
    const engine = new ElasticsearchEngine({ url: elasticsearchUrl, prefix: place.prefix });
    return {
      engine,
      remove: async () => {
        await place.remove();
        await fetch(`${elasticsearchUrl}/_index_template/lockstep-${place.prefix}*`, { method: 'DELETE' });
      },
    };
  });
});

describe('ElasticsearchEngine without its server', () => {
  const closing: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  /** A server that gives these answers in turn, and the last one from then on. */
  const answering = async (...answers: [status: number, body: object][]) => {
    let asked = 0;
    const server = createServer((request, response) => {
      request.resume().on('end', () => {
        const [status, body] = answers[Math.min(asked, answers.length - 1)]!;
        asked += 1;
        response.writeHead(status, { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' });
        response.end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const engine = new ElasticsearchEngine({ url, maxRetries: 0, bulkRetryDelaysMs: [1, 1] });
    closing.push(
      () => engine.close(),
      () => server.close(),
    );
    return { engine, asked: () => asked };
  };
  const item = (status: number, type = 'some_exception') => ({ index: { status, error: { type, reason: 'because' } } });
  const writes = ['a', 'b', 'c'].map((id) => ({ index: 'people-000001', id, version: 1, source: '{}' }));

  it('tells an engine that is away from a query that is wrong', async () => {
    const engine = new ElasticsearchEngine({ url: 'http://127.0.0.1:9', maxRetries: 0 });
    closing.push(() => engine.close());
    await expect(engine.bulk(writes)).rejects.toSatisfy(isSearchUnavailable);
    await expect(engine.listIndices()).rejects.toSatisfy(isSearchUnavailable);
    expect(await engine.probe()).toEqual({ ready: false, reason: 'Elasticsearch does not answer.' });
  });

  it.each([429, 503, 502, 504])('takes a request answered %i for an engine that is away', async (status) => {
    const { engine } = await answering([status, { error: { type: 'x', reason: 'busy' } }]);
    await expect(engine.bulk(writes)).rejects.toSatisfy(isSearchUnavailable);
  });

  it('does not take a request that is wrong for an engine that is away', async () => {
    const { engine } = await answering([400, { error: { type: 'x', reason: 'wrong' } }]);
    await expect(engine.bulk(writes)).rejects.not.toSatisfy(isSearchUnavailable);
  });

  it('sends again only the documents that the server was too busy for', async () => {
    const { engine, asked } = await answering(
      [200, { errors: true, items: [{ index: { status: 201 } }, item(429), item(400)] }],
      [200, { errors: false, items: [{ index: { status: 200 } }] }],
    );
    expect((await engine.bulk(writes)).map(({ status }) => status)).toEqual(['ok', 'ok', 'rejected']);
    expect(asked()).toBe(2);
  });

  it('hands back as retryable what the server stayed too busy for', async () => {
    const { engine, asked } = await answering(
      [200, { errors: true, items: [item(503), item(409), item(200)] }],
      [200, { errors: true, items: [item(503, 'unavailable_shards_exception')] }],
    );
    expect(await engine.bulk(writes)).toEqual([
      { status: 'retryable', reason: 'unavailable_shards_exception: because' },
      { status: 'stale' },
      { status: 'ok' },
    ]);
    expect(asked()).toBe(3);
  });

  it('is not ready for a server of another major version', async () => {
    const { engine } = await answering([400, { error: { type: 'media_type_header_exception', reason: 'x' } }]);
    expect(await engine.probe()).toEqual({ ready: false, reason: expect.stringContaining('major version') });
  });
});

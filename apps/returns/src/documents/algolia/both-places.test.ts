import { isSearchUnavailable, type SearchEngine } from '@lockstep/search';
import { SEARCH_ENGINE } from '@lockstep/service';
import { createTestPlaces, describeOnEveryEngine, type TestPlaces } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { caller, startReturns } from '../../returns.fixture.js';
import { RETURN_INDEX, type ReturnIndex } from '../return-index.js';
import { RETURN_ALIAS } from '../return-schema.js';
import { type AlgoliaDouble, startAlgoliaDouble } from './algolia-double.fixture.js';

describeOnEveryEngine('returns that are written to Algolia too', (engines) => {
  let places: TestPlaces;
  let double: AlgoliaDouble;
  let app: NestExpressApplication;
  const call = caller(() => app);

  beforeAll(async () => {
    [places, double] = await Promise.all([createTestPlaces(engines), startAlgoliaDouble()]);
    const { databaseUrl, rabbitmqUrl, elasticsearchUrl, indexPrefix } = places;
    const settings = { ALGOLIA_APP_ID: 'APP', ALGOLIA_API_KEY: 'key', ALGOLIA_URL: double.url };
    app = await startReturns({ databaseUrl, rabbitmqUrl, elasticsearchUrl, indexPrefix, settings });
  });

  afterAll(async () => {
    await app?.close();
    await Promise.all([places?.remove(), double?.close()]);
  });

  const put = (id: number, courierName: string) =>
    call('put', `/api/returns/${id}`).send({ customerReturnNumber: `R-${id}`, returnType: 'CUSTOMER', courierName });
  const write = (id: number) => app.get<ReturnIndex>(RETURN_INDEX).writeReturns([id]);
  const inAlgolia = (id: number) => double.indexes.get('es_prod')?.get(String(id));
  const inIndex = async (id: number) =>
    (await app.get<SearchEngine>(SEARCH_ENGINE).getMany(RETURN_ALIAS, [String(id)]))[0];

  it('are in both places, and gone from both', async () => {
    await put(1, 'Fast');
    expect(await write(1)).toEqual({ outcomes: [{ returnId: 1, outcome: 'indexed' }] });
    expect(inAlgolia(1)).toMatchObject({ courierName: 'Fast', tombstone: false });
    expect(await inIndex(1)).toMatchObject({ version: inAlgolia(1)?.version, document: { courierName: 'Fast' } });
    await call('delete', '/api/returns/1');
    expect(await write(1)).toEqual({ outcomes: [{ returnId: 1, outcome: 'tombstoned' }] });
    expect([inAlgolia(1)?.['tombstone'], (await inIndex(1))?.deleted]).toEqual([true, true]);
  });

  it('are in our own index while Algolia is away, and in both when it is back', async () => {
    await put(2, 'Fast');
    double.failures.push(503, 503, 503, 503);
    expect(isSearchUnavailable(await write(2).catch((error: unknown) => error))).toBe(true);
    expect([inAlgolia(2), (await inIndex(2))?.document]).toMatchObject([undefined, { courierName: 'Fast' }]);
    double.failures.length = 0;
    expect(await write(2)).toEqual({ outcomes: [{ returnId: 2, outcome: 'indexed' }] });
    expect(inAlgolia(2)).toMatchObject({ courierName: 'Fast' });
  });
});

import { messages } from '@lockstep/contracts';
import { buildRabbitDefinitions } from '@lockstep/messaging';
import { createTestPlaces, describeWithEngines, type TestPlaces, waitFor } from '@lockstep/testing';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RETURN_ALIAS } from '../documents/return-schema.js';
import { caller, startReturns } from '../returns.fixture.js';

describeWithEngines('what a run has written', (engines) => {
  let places: TestPlaces;
  let app: NestExpressApplication;
  const call = caller(() => app);

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    await places.importDefinitions(buildRabbitDefinitions(messages));
    app = await startReturns(places);
  });
  afterAll(async () => {
    await app?.close();
    await places?.remove();
  });

  const put = (id: number) =>
    call('put', `/api/returns/${id}`)
      .send({ customerReturnNumber: `R-${id}`, returnType: 'CUSTOMER' })
      .expect(201);
  const sync = async () => {
    const { body } = await call('post', '/api/returns/sync');
    await waitFor('the run to end', async () => (await call('get', `/api/returns/sync/runs/${body.runId}`)).body, {
      until: ({ state }) => state === 'COMPLETED',
    });
  };
  const found = async (): Promise<number> => (await call('get', '/api/returns/search').expect(200)).body.nbHits;

  it('is found when the run has ended, though the index shows nothing by itself', async () => {
    await put(1);
    await sync();
    await fetch(`${places.elasticsearchUrl}/${places.indexPrefix}${RETURN_ALIAS}/_settings`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ index: { refresh_interval: '-1' } }),
    });
    await put(2);
    await sync();
    expect(await waitFor('both to be found', found, { until: (total) => total === 2 })).toBe(2);
  });
});

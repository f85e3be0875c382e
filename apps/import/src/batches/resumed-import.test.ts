import 'reflect-metadata';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messages } from '@lockstep/contracts';
import { buildRabbitDefinitions } from '@lockstep/messaging';
import { AccessAdminModule, createServiceApp, loadConfig } from '@lockstep/service';
import {
  createTestPlaces,
  describeWithEngines,
  type MockOwner,
  startMockOwner,
  type TestPlaces,
  waitFor,
} from '@lockstep/testing';
import { Module } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ImportModule } from '../import.module.js';
import { importService } from '../import.service.js';
import { caller } from './rest.fixture.js';

const fixture = (name: string) => readFile(new URL(`../../fixtures/${name}`, import.meta.url), 'utf8');

@Module({})
class TestRoot {}

describeWithEngines('an import from its files to its end', (engines) => {
  let places: TestPlaces;
  let directory: string;
  let app: NestExpressApplication;
  let owner: MockOwner;
  /** References that the owner refuses. */
  const refused = new Set<string>();
  const call = caller(() => app);

  beforeAll(async () => {
    places = await createTestPlaces(engines);
    await places.management.importDefinitions(buildRabbitDefinitions(messages));
    directory = await mkdtemp(join(tmpdir(), 'lockstep-test-'));
    owner = await startMockOwner({
      rabbitmqUrl: places.rabbitmqUrl,
      services: ['shop-update'],
      rule: ({ fields }) => ({ kind: refused.has(String(fields['title'] ?? fields['sku'])) ? 'error' : 'complete' }),
    });
    const config = loadConfig(importService.config, {
      ...places.env,
      LOCKSTEP_ADMIN_TOKEN: 'test-admin-token',
      IMPORT_UPLOAD_DIR: directory,
    });
    const imports = [ImportModule.forConfig(config), AccessAdminModule];
    const definition = { ...importService, createModule: () => ({ module: TestRoot, imports }) };
    app = await createServiceApp(definition, config, false);
    await app.startAllMicroservices();
    await app.init();
  });

  afterAll(async () => {
    await app?.close();
    await owner?.close();
    await places?.remove();
    await rm(directory, { recursive: true, force: true });
  });

  const ended = (id: string) =>
    waitFor('the import to end', async () => (await call('get', `/api/imports/${id}`)).body, {
      until: ({ endTime }) => endTime !== null,
    });

  const sendCatalogue = async (query = '') => {
    const configs = ['categories-csv.config.json', 'catalog-csv.config.json'];
    const config = await Promise.all(configs.map(async (name) => JSON.parse(await fixture(name))));
    const { body } = await call('post', `/api/imports${query}`)
      .attach('file', Buffer.from(await fixture('categories.csv')), 'categories.csv')
      .attach('file', Buffer.from(await fixture('catalog.csv')), 'catalog.csv')
      .field('config', JSON.stringify(config))
      .expect(202);
    return ended(body.importBatchId);
  };

  it('makes every object after what it needs, and every link once', async () => {
    const batch = await sendCatalogue('?userId=seller-whole');
    expect(batch).toMatchObject({
      importBatchStatus: 'complete',
      processingError: false,
      percent: 100,
      counts: { objects: { complete: 10 }, links: { complete: 11 } },
      plan: { create: 10, links: 11, linkRequests: 5, levels: [4, 2, 2, 2] },
    });
    expect(owner.double.made.filter(({ kind }) => kind === 'link')).toHaveLength(5);
    const errors = await call('get', `/api/imports/${batch.importBatchId}/errors`);
    expect(errors.body.items.map((each: { code: string }) => each.code)).toContain('UNKNOWN_COLUMN_IGNORED');
  });

  it('goes on with what an owner refused, when the failed rows come again, and makes nothing twice', async () => {
    refused.add('SKU-100-42');
    const first = await sendCatalogue('?userId=seller-resume');
    expect(first).toMatchObject({ processingError: true, counts: { objects: { complete: 9, error: 1 } } });
    const failed = await call('get', `/api/imports/${first.importBatchId}/failed-rows?fileNo=2`).expect(200);
    expect(failed.text).toContain('P-100');
    expect(failed.text).not.toContain('P-200,Rain');
    refused.clear();
    const made = owner.double.made.length;
    const config = JSON.parse(await fixture('catalog-csv.config.json'));
    const { body } = await call('post', `/api/imports?userId=seller-resume&resumeOf=${first.importBatchId}`)
      .attach('file', Buffer.from(failed.text), 'catalog.csv')
      .field('config', JSON.stringify(config))
      .expect(202);
    const second = await ended(body.importBatchId);
    expect(second).toMatchObject({ importBatchStatus: 'complete', processingError: false, plan: { create: 1 } });
    expect(owner.double.made.slice(made).map(({ kind }) => kind)).toEqual(['object']);
  });
});

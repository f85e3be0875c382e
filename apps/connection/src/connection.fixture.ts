import { randomUUID } from 'node:crypto';
import type { MasterDoctorDocument } from '@lockstep/contracts';
import { masterDoctorAliases, masterDoctorSchema, ProjectedIndex } from '@lockstep/projection';
import { type SearchEngine, toIndexSource } from '@lockstep/search';
import { AccessAdminModule, createServiceApp, loadConfig, SEARCH_ENGINE } from '@lockstep/service';
import { Module } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { ConnectionModule } from './connection.module.js';
import { connectionService } from './connection.service.js';
import { connectionSchema } from './documents/connection-document.js';
import { toConnectionDocument } from './documents/to-connection-document.js';

/** The admin's key of every service started here. */
export const ADMIN_KEY = 'test-admin-token';
const MASTER = 'masterdoctor-000001';

@Module({})
class TestRoot {}

/** The service in this process without its consumers. Its routes also make tokens. */
export async function startConnection(env: Record<string, string>): Promise<NestExpressApplication> {
  const config = loadConfig(connectionService.config, { LOCKSTEP_ADMIN_TOKEN: ADMIN_KEY, ...env });
  const definition = {
    ...connectionService,
    createModule: () => ({ module: TestRoot, imports: [ConnectionModule.forConfig(config), AccessAdminModule] }),
  };
  const app = await createServiceApp(definition, config, false);
  await app.init();
  return app;
}

/** Puts doctors where integration and this service's own consumers would have put them by the day `asOf`. */
export async function show(
  app: NestExpressApplication,
  doctors: readonly MasterDoctorDocument[],
  asOf: string,
): Promise<void> {
  const engine = app.get<SearchEngine>(SEARCH_ENGINE, { strict: false });
  const family = await app.get(ProjectedIndex, { strict: false }).ready();
  await createMaster(engine);
  const rows = (schema: typeof masterDoctorSchema, toDocument: (doctor: MasterDoctorDocument) => object) =>
    doctors.map((doctor) => {
      const id = doctor.gmcReferenceNumber;
      return { id, version: 1, source: toIndexSource(schema, { id, version: 1, document: { ...toDocument(doctor) } }) };
    });
  await engine.bulk(rows(masterDoctorSchema, (doctor) => doctor).map((row) => ({ index: MASTER, ...row })));
  await family.writeLive(rows(connectionSchema, (doctor) => toConnectionDocument(doctor, asOf)));
  await engine.refresh(MASTER);
  await engine.refresh((await family.status()).active!.indexName);
}

async function createMaster(engine: SearchEngine): Promise<void> {
  const meta = { family: 'masterdoctor', generation: 1, fence: 1, runId: randomUUID(), installation: randomUUID() };
  await engine.createIndex(MASTER, masterDoctorSchema, { ...meta, schemaHash: masterDoctorSchema.hash });
  await engine.finishFill(MASTER);
  const swaps = masterDoctorAliases.map((alias) => ({ ...alias, alias: alias.name, from: [], to: MASTER }));
  await engine.swapAliases(masterDoctorSchema, swaps);
}

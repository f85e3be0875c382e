export { aMasterDoctor } from './doctors/a-master-doctor.js';
export { describeOnEveryEngine, describeWithEngines } from './engines/describe-with-engines.js';
export { type EmbeddedVariables, findEmbedded } from './engines/find-embedded.js';
export {
  type EmbeddedEngines,
  type Engines,
  type EnginesFound,
  type EngineVariables,
  findEngines,
  lookForEngines,
  type RealEngines,
  readStateFile,
} from './engines/find-engines.js';
export {
  type ManagedBinding,
  type ManagedConnection,
  type ManagedQueue,
  RabbitManagement,
} from './engines/rabbit-management.js';
export { type EngineName, restartEngine } from './engines/restart-engine.js';
export { openTcpProxy, type TcpProxy } from './engines/tcp-proxy.js';
export { createTestDatabase, type TestDatabase } from './engines/test-database.js';
export { createIndexPrefix, type TestIndexPrefix } from './engines/test-index-prefix.js';
export { createTestPlaces, type TestPlaces } from './engines/test-places.js';
export { createTestVhost, type TestVhost } from './engines/test-vhost.js';
export { FakeClock } from './fake-clock.js';
export { goldenDoctors, goldenGmcDoctors } from './golden/golden-doctors.js';
export type { GoldenGmcDoctor, GoldenSnapshot } from './golden/golden-gmc-parts.js';
export type { GoldenDoctor, GoldenIssue, GoldenList } from './golden/golden-parts.js';
export {
  type AskedLink,
  type AskedObject,
  type ImportAsker,
  openImportAsker,
  type SentRequest,
} from './import/import-asker.js';
export { type MockOwner, type MockOwnerOptions, startMockOwner } from './owners/mock-owner.js';
export {
  type AskedItem,
  type MadeItem,
  OwnerDouble,
  type OwnerReply,
  type OwnerRule,
} from './owners/owner-double.js';
export { type RunningService, type ServiceOptions, startService } from './start-service.js';
export { takePort } from './take-port.js';
export { type WaitOptions, waitFor } from './wait-for.js';

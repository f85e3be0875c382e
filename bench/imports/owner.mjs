/** Owners that answer at once, in a process of their own: what they cost must not be in the import's. */
import { serveWorker } from '../machine/worker.mjs';
import { compiled } from '../sync/place.mjs';

serveWorker(async ({ rabbitmqUrl, services }) => {
  const { startMockOwner } = await compiled('testing/dist/owners/mock-owner.js');
  const owner = await startMockOwner({ rabbitmqUrl, services });
  return () => owner.close();
});

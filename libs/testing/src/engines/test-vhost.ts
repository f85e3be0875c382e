import type { RealEngines } from './find-engines.js';
import { RabbitManagement } from './rabbit-management.js';
import { uniqueName } from './test-name.js';

/** A virtual host that nobody else uses, and what the management plugin can tell of it and do to it. */
export interface TestVhost {
  /** AMQP URL of the virtual host. */
  readonly url: string;
  readonly name: string;
  readonly management: RabbitManagement;
  /** Closes its connections and deletes it with all it holds. */
  remove(): Promise<void>;
}

/** Creates a virtual host `test-<random>`, open to the user of the engines' URL. Call `remove` when the suite is done. */
export async function createTestVhost(
  engines: Pick<RealEngines, 'rabbitmqUrl' | 'rabbitmqManagementUrl'>,
): Promise<TestVhost> {
  const name = uniqueName('-');
  const management = new RabbitManagement(engines.rabbitmqManagementUrl, name);
  await management.createVhost();
  const url = new URL(engines.rabbitmqUrl);
  url.pathname = `/${name}`;
  return { url: url.href, name, management, remove: () => management.removeVhost() };
}

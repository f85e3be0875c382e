import { setFlagsFromString } from 'node:v8';
import type { INestApplication } from '@nestjs/common';
import type { Logger } from 'pino';
import { ConfigError, loadConfig } from '../config/load-config.js';
import type { ServiceConfig } from '../config/service-config.js';
import { createLogger, NestLogger } from '../logging/service-logger.js';
import { createServiceApp } from './create-service-app.js';
import { drain } from './drain.js';
import type { ServiceDefinition } from './service-definition.js';

/**
 * How far the old heap may grow beyond what was alive at its last collection. V8's own factor is up to 4 where the machine
 * has much memory: streams of batches, of which little lives on, then hold hundreds of megabytes of what is long dead.
 */
const HEAP_GROWTH_PERCENT = 100;

/**
 * How long a request may take to arrive. Node's own five minutes cut off an upload of gigabytes; headers keep their minute.
 */
export const REQUEST_ARRIVAL_MS = 3_600_000;

/** Time to close connections after consumers and requests have used up the grace time. */
const CLOSE_MS = 5_000;

/**
 * The whole life of a service in a process of its own: settings from the environment, start, listen, drain on SIGTERM or
 * SIGINT (exit code 0; 1 when the grace time was not enough). Exits with 1, saying why, when it cannot start or meets an
 * error that nobody handles.
 *
 * @example await runService(tcsService);
 */
export async function runService<Config extends ServiceConfig>(definition: ServiceDefinition<Config>): Promise<void> {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
  const { service, version } = definition;
  const config = loadConfigOrExit(definition);
  const logger = createLogger({ service, version, level: config.logLevel });
  const die = (msg: string) => (err: unknown) => {
    logger.fatal({ err }, msg);
    process.exit(1);
  };
  process.on('unhandledRejection', die('a promise was rejected and nobody handled it'));
  process.on('uncaughtException', die('an error was thrown and nobody handled it'));
  try {
    const app = await createServiceApp(definition, config, new NestLogger(logger));
    await app.init();
    await app.startAllMicroservices();
    app.getHttpServer().requestTimeout = REQUEST_ARRIVAL_MS;
    await app.listen(config.port, config.host);
    logger.info({ url: await app.getUrl() }, 'ready for requests');
    drainOnSignal(app, config.shutdownGraceMs + CLOSE_MS, logger);
  } catch (error) {
    die('the service cannot start')(error);
  }
}

function loadConfigOrExit<Config extends ServiceConfig>(definition: ServiceDefinition<Config>): Config {
  try {
    return loadConfig(definition.config, process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${definition.service} cannot start: ${error.message}\n`);
    process.exit(1);
  }
}

function drainOnSignal(app: INestApplication, graceMs: number, logger: Logger): void {
  let isDraining = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (isDraining) process.exit(1);
    isDraining = true;
    logger.info({ signal }, 'draining');
    drain(app, graceMs).then(
      (isDone) => {
        logger.info({ isDone }, isDone ? 'stopped' : 'stopped before everything in hand was finished');
        process.exit(isDone ? 0 : 1);
      },
      (err: unknown) => {
        logger.fatal({ err }, 'draining failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

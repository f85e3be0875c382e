/**
 * `node apps/standalone/dist/migrate.js`: brings the schemas of every service up to date and ends, with 1 when that failed.
 * For installations that do so once, before any service starts; takes the settings that the services take.
 */
import 'reflect-metadata';
import { createLogger, NestLogger } from '@lockstep/service';
import { SERVICES } from './services.js';

const logger = createLogger({ service: 'migrate', version: '0.1.0', level: process.env['LOG_LEVEL'] || 'info' });
try {
  for (const hosted of SERVICES) {
    await hosted.migrate(process.env, new NestLogger(logger));
    logger.info(`${hosted.service} is up to date`);
  }
} catch (err) {
  logger.fatal({ err }, 'the schemas cannot be brought up to date');
  process.exitCode = 1;
}

import { createWriteStream, existsSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createLogger, NestLogger } from '@lockstep/service';

/** Kept twice: the file that is written, and the one before it. */
const LIMIT_BYTES = 20_000_000;

/** The log of all services, JSON lines in a file: the terminal is for people. */
export interface ServiceLog {
  readonly file: string;
  readonly nest: NestLogger;
  /** Writes an error that ends the process. */
  fatal(error: unknown, message: string): void;
  /** Resolves when everything is written. */
  close(): Promise<void>;
}

/** Opens the log in the data folder; a long one is put aside first. */
export function openServiceLog(folder: string, level: string): ServiceLog {
  const file = join(folder, 'lockstep.log');
  if (existsSync(file) && statSync(file).size > LIMIT_BYTES) renameSync(file, `${file}.1`);
  const destination = createWriteStream(file, { flags: 'a', mode: 0o600 });
  const logger = createLogger({ service: 'standalone', version: '0.1.0', level, destination });
  return {
    file,
    nest: new NestLogger(logger),
    fatal: (err, message) => logger.fatal({ err }, message),
    close: () => new Promise((resolve) => destination.end(() => resolve())),
  };
}

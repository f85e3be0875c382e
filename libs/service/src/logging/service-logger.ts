import { currentContext } from '@lockstep/messaging';
import type { LoggerService } from '@nestjs/common';
import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

/** Members whose value is never written, at the first two levels of what is logged. */
const SECRET_MEMBERS = [
  'authorization',
  'cookie',
  'password',
  'secret',
  'token',
  'key',
  'adminToken',
  'callbackApiKeys',
];

/** How a service logs. */
export interface LoggerOptions {
  readonly service: string;
  readonly version: string;
  readonly level: string;
  /** @default standard output, written synchronously so that the last words of a dying process are kept */
  readonly destination?: DestinationStream;
}

/** JSON lines with the service's name and the running request's context; secrets are replaced by `[hidden]`. */
export function createLogger(options: LoggerOptions): Logger {
  const paths = SECRET_MEMBERS.flatMap((member) => [member, `*.${member}`]);
  const settings = {
    level: options.level,
    base: { service: options.service, version: options.version },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (level: string) => ({ level }) },
    redact: { paths, censor: '[hidden]' },
    mixin: () => ({ ...currentContext() }),
  };
  return options.destination ? pino(settings, options.destination) : pino(settings);
}

/** Nest tells each module and route that it makes: only for whoever looks for a fault there. */
const NOISY_CONTEXTS = new Set<unknown>(['InstanceLoader', 'RouterExplorer', 'RoutesResolver', 'NestFactory']);

/**
 * Lets Nest's `Logger` write through pino. Beside a text, an object is accepted: `logger.log({ msg: 'swapped', runId })`;
 * an Error among the arguments is written with its stack.
 */
export class NestLogger implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...rest: unknown[]): void {
    this.write(NOISY_CONTEXTS.has(rest.at(-1)) ? 'debug' : 'info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest appends the name of the logging class as the last argument, and puts a stack before it. */
  private write(
    level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace',
    message: unknown,
    rest: unknown[],
  ): void {
    const context = typeof rest.at(-1) === 'string' ? rest.at(-1) : undefined;
    const others = context === undefined ? rest : rest.slice(0, -1);
    const err = [message, ...others].find((each) => each instanceof Error);
    const stack = others.find((each) => typeof each === 'string' && each.includes('\n    at '));
    const members = typeof message === 'object' && !(message instanceof Error) ? message : undefined;
    const text = typeof message === 'object' ? err?.message : String(message);
    const record = { ...members, ...(context ? { context } : {}), ...(err ? { err } : stack ? { stack } : {}) };
    if (members) this.logger[level](record);
    else this.logger[level](record, text);
  }
}

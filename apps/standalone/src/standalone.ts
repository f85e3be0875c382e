import { setTimeout as delay } from 'node:timers/promises';
import type { FrontDoorRule, HostedService } from '@lockstep/service';
import { StartError } from './data-folder.js';
import { type Engines, environmentOfServices, startEngines } from './engines/start-engines.js';
import { FrontDoor } from './front/front-door.js';
import type { RunningService } from './front/running-service.js';
import type { ServiceLog } from './service-log.js';
import type { StandaloneConfig } from './standalone.config.js';

/** What a process of all services is made of. */
export interface StandaloneParts {
  readonly config: StandaloneConfig;
  /** Absolute. */
  readonly dataDir: string;
  readonly adminToken: string;
  readonly services: readonly HostedService[];
  readonly rules: readonly FrontDoorRule[];
  readonly log: ServiceLog;
}

/** Time for consumers to finish and connections to close, once no request is left. */
const CLOSE_MS = 30_000;

/** All services behind one port, on engines that are embedded unless they are named. */
export class Standalone {
  readonly front: FrontDoor;
  private engines: Engines | undefined;
  private running: RunningService[] = [];

  constructor(private readonly parts: StandaloneParts) {
    this.front = new FrontDoor(parts.rules);
  }

  /** Resolves with the port once every service is there. Throws `StartError` and others; then `stop` cleans up. */
  async start(onLost: (what: string) => void): Promise<number> {
    const { config, dataDir, adminToken, services, log } = this.parts;
    // Before all else: a port that is taken is found out before a database is made.
    const port = await this.front.listen(config.port, config.host).catch((error) => {
      throw explainListenError(error, config);
    });
    this.engines = await startEngines(config, dataDir);
    this.engines.embedded?.lost.then(() => onLost('PostgreSQL'));
    const settled = { adminToken, shutdownGraceMs: config.shutdownGraceMs, dataDir };
    const env = environmentOfServices(process.env, this.engines, settled);
    for (const hosted of services) {
      this.running.push({ service: hosted.service, app: await hosted.start(env, log.nest) });
    }
    this.front.open(this.running, this.engines.inUse);
    return port;
  }

  /** Where the data really is, when that is not in the data folder. */
  get databaseFolder(): string | undefined {
    return this.engines?.embedded?.folder;
  }

  /** Which engines do what. */
  get enginesInUse(): Engines['inUse'] | undefined {
    return this.engines?.inUse;
  }

  /**
   * Requests first, while everything that they need is there; then the services, which finish what they consume; then the
   * database. Resolves with false when something had to be cut off.
   */
  async stop(): Promise<boolean> {
    await this.front.drain(this.parts.config.shutdownGraceMs);
    const closed = Promise.allSettled(this.running.map(({ app }) => app.close())).then((outcomes) =>
      outcomes.every(({ status }) => status === 'fulfilled'),
    );
    const isDone = await Promise.race([closed, delay(CLOSE_MS, false, { ref: false })]);
    await this.engines?.embedded?.stop();
    return isDone;
  }

  /** For a process that is about to exit: the embedded database must not stay behind. */
  stopNow(): void {
    this.engines?.embedded?.stopNow();
  }
}

function explainListenError(error: NodeJS.ErrnoException, { port, host }: StandaloneConfig): unknown {
  if (error.code === 'EADDRINUSE') {
    return new StartError(
      `Port ${port} is taken: is another Lockstep running? Stop what uses it, or choose another port with PORT=${port + 1}.`,
    );
  }
  if (error.code === 'EACCES')
    return new StartError(`Port ${port} is not for ordinary users; choose one with PORT=3000.`);
  if (error.code === 'EADDRNOTAVAIL') return new StartError(`HOST=${host} is no address of this machine.`);
  return error;
}

import { currentContext } from '@lockstep/messaging';
import { Injectable, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import { DataSource } from 'typeorm';
import { Clock } from '../clock.js';
import { ServiceIdentity } from '../service-identity.js';
import type { AccessedRequest } from './actor.js';

/** One row of `access.audit`. */
interface AuditEntry {
  readonly at: Date;
  readonly service: string;
  readonly actor_id: string | null;
  readonly actor_name: string | null;
  readonly method: string;
  readonly route: string;
  readonly target: object;
  readonly status: number;
  readonly request_id: string | null;
}

interface Batch {
  readonly entries: AuditEntry[];
  readonly written: Promise<void>;
}

const READING_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Who changed, or tried to change, what: one row for each request that is not a mere reading, on every route that needs a
 * token. Rows that come while an insert is under way share the next one.
 */
@Injectable()
export class AuditLog {
  private readonly logger = new Logger('Audit');
  private next: Batch | undefined;
  private inFlight: Promise<void> = Promise.resolve();

  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
    private readonly identity: ServiceIdentity,
  ) {}

  /** Resolves when the row is there; a failure is logged, because what it tells of has already happened. */
  async recordRequest(request: Request, response: Response, status: number): Promise<void> {
    const { access } = request as AccessedRequest;
    if (!access || access.isPublic || READING_METHODS.has(request.method)) return;
    const location = response.getHeader('location');
    const entry: AuditEntry = {
      at: this.clock.now(),
      service: this.identity.service,
      actor_id: access.actor?.id ?? null,
      actor_name: access.actor?.name ?? null,
      method: request.method,
      route: (request.route as { path: string } | undefined)?.path ?? request.path,
      target: { ...request.params, ...(location === undefined ? {} : { location }) },
      status,
      request_id: currentContext()?.requestId ?? null,
    };
    await this.append(entry).catch((err: unknown) =>
      this.logger.error({ msg: 'an audit row was not written', entry, err }),
    );
  }

  private append(entry: AuditEntry): Promise<void> {
    this.next ??= this.startBatch();
    this.next.entries.push(entry);
    return this.next.written;
  }

  private startBatch(): Batch {
    const entries: AuditEntry[] = [];
    const written = this.inFlight.then(() => {
      this.next = undefined;
      return this.insert(entries);
    });
    this.inFlight = written.catch(() => undefined);
    return { entries, written };
  }

  private async insert(entries: readonly AuditEntry[]): Promise<void> {
    await this.dataSource.query(
      `INSERT INTO access.audit (at, service, actor_id, actor_name, method, route, target, status, request_id)
       SELECT at, service, actor_id, actor_name, method, route, target, status, request_id
       FROM jsonb_to_recordset($1::jsonb) AS entry(at timestamptz, service text, actor_id text, actor_name text,
         method text, route text, target jsonb, status int, request_id text)`,
      [JSON.stringify(entries)],
    );
  }
}

import { Clock, validationProblem } from '@lockstep/service';
import { Inject, Injectable } from '@nestjs/common';
import type { Response } from 'express';
import { DataSource } from 'typeorm';
import { ReturnsConfig } from '../returns.config.js';
import { INDEX_READER, type IndexReader } from '../verify/index-reader.js';
import { Claims } from '../windows/claims.js';
import type { StartedAnswer } from '../windows/sync.answer.js';
import type { DryRunAnswer, HistoricBody } from './historic-body.js';
import { type HistoricRequest, readHistoric } from './read-historic.js';

/** Returns of a dry run that are compared with the index. */
const COMPARED = 10_000;
const COMPARED_AT_ONCE = 1_000;

/** Starts runs of their own jobs. None of them moves the base of the windows, and windows do not wait for them. */
@Injectable()
export class Backfills {
  constructor(
    private readonly dataSource: DataSource,
    private readonly config: ReturnsConfig,
    private readonly clock: Clock,
    private readonly claims: Claims,
    @Inject(INDEX_READER) private readonly index: IndexReader,
  ) {}

  async historic(body: HistoricBody, by: string, response: Response): Promise<StartedAnswer | DryRunAnswer> {
    const options = { now: this.clock.now(), timeZone: this.config.inputTimeZone };
    const read = readHistoric({ ...body }, options);
    if ('errors' in read) throw validationProblem(read.errors);
    if (read.request.dryRun) {
      response.status(200);
      return this.estimate(read.request);
    }
    const { from, to, syncIdentifier } = read.request;
    const request = { from: from.toISOString(), to: to.toISOString() };
    const job = { jobType: 'RETURN_HISTORIC_JOB', request, syncIdentifier } as const;
    return announced(await this.claims.start(job, 'historic', by), response);
  }

  async resync(ids: readonly number[], by: string, response: Response): Promise<StartedAnswer> {
    const job = { jobType: 'RETURN_RESYNC', request: { ids } } as const;
    return announced(await this.claims.start(job, 'resync', by), response);
  }

  async verify(by: string, response: Response): Promise<StartedAnswer> {
    return announced(await this.claims.start({ jobType: 'RETURN_VERIFY', request: {} }, 'verify', by), response);
  }

  private async estimate({ from, to }: HistoricRequest): Promise<DryRunAnswer> {
    const condition = 'created_at >= $1 AND created_at < $2';
    const [count]: { total: number }[] = await this.dataSource.query(
      `SELECT count(*)::int AS total FROM order_return WHERE ${condition}`,
      [from, to],
    );
    const rows: { id: number; version: number }[] = await this.dataSource.query(
      `SELECT id, version FROM order_return WHERE ${condition} ORDER BY created_at DESC, id DESC LIMIT ${COMPARED}`,
      [from, to],
    );
    const versions = new Map(rows.map(({ id, version }) => [id, version]));
    let [newerInIndex, sameInIndex] = [0, 0];
    for (let at = 0; at < rows.length; at += COMPARED_AT_ONCE) {
      const ids = rows.slice(at, at + COMPARED_AT_ONCE).map(({ id }) => id);
      for (const copy of await this.index.find(ids)) {
        const version = versions.get(copy.id) as number;
        if (copy.version > version) newerInIndex += 1;
        if (copy.version === version) sameInIndex += 1;
      }
    }
    return { result: 'dry_run', wouldIndex: count?.total ?? 0, compared: rows.length, newerInIndex, sameInIndex };
  }
}

function announced(runId: string, response: Response): StartedAnswer {
  response.setHeader('Location', `/api/returns/sync/runs/${runId}`);
  return { runId };
}

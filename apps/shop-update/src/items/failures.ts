import { IsInstant } from '@lockstep/contracts';
import type { Page, PageQuery } from '@lockstep/service';
import { pageOffset, toPage } from '@lockstep/service';
import { Injectable } from '@nestjs/common';
import { IsArray, IsInt, IsOptional, IsString } from 'class-validator';
import { DataSource } from 'typeorm';

/** Items that have one cause in common. */
export class FailureGroupView {
  @IsString()
  signature!: string;

  @IsInt()
  items!: number;

  /** Given up. */
  @IsInt()
  failed!: number;

  /** Tried again. */
  @IsInt()
  delayed!: number;

  /** Blocked by an answer that could not be used. */
  @IsInt()
  blocked!: number;

  @IsInt()
  attention!: number;

  @IsArray()
  @IsString({ each: true })
  topics!: string[];

  @IsInstant()
  oldestQueuedAt!: string;

  /** Of the latest. */
  @IsOptional()
  @IsString()
  lastError!: string | null;

  @IsInt()
  exampleItemId!: number;
}

const STATUSES = `i.indexed_status IN ('failed', 'delayed', 'blocked') AND i.error_signature IS NOT NULL AND i.finished_at IS NULL`;

/** What goes wrong, by its cause: most items first. */
@Injectable()
export class Failures {
  constructor(private readonly dataSource: DataSource) {}

  async list(query: PageQuery): Promise<Page<FailureGroupView>> {
    // The groups are few: all are made, and one page of them is shown.
    const rows: (FailureGroupView & { total: number })[] = await this.dataSource.query(
      `SELECT g.signature, g.items, g.failed, g.delayed, g.blocked, g.attention, g.topics, g."exampleItemId", g.total,
         to_char(g.oldest AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "oldestQueuedAt",
         (SELECT e.last_error FROM sync_item e WHERE e.id = g."exampleItemId") AS "lastError"
       FROM (SELECT c.signature, sum(c.items)::int AS items, min(c.oldest) AS oldest,
           coalesce(sum(c.items) FILTER (WHERE c.status = 'failed'), 0)::int AS failed,
           coalesce(sum(c.items) FILTER (WHERE c.status = 'delayed'), 0)::int AS delayed,
           coalesce(sum(c.items) FILTER (WHERE c.status = 'blocked'), 0)::int AS blocked, sum(c.attention)::int AS attention,
           array_agg(DISTINCT c.topic) AS topics, max(c.latest) AS "exampleItemId", (count(*) OVER ())::int AS total
         FROM (SELECT i.error_signature AS signature, i.topic, i.status, count(*) AS items, min(i.queued_at) AS oldest,
                 count(*) FILTER (WHERE i.attention) AS attention, max(i.id) AS latest
               FROM sync_item i WHERE ${STATUSES} GROUP BY 1, 2, 3) AS c
         GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $1 OFFSET $2) AS g
       ORDER BY g.items DESC, g.signature`,
      [query.pageSize, pageOffset(query)],
    );
    const groups = rows.map(({ total: _, ...group }) => group);
    return toPage(query, groups, rows[0]?.total ?? 0);
  }
}

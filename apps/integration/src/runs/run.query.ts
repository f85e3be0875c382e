import { PageQuery } from '@lockstep/service';
import { IsIn, IsOptional } from 'class-validator';

/** Runs come newest first; nothing else is offered. */
export class RunsQuery extends PageQuery {}

export class IssueQuery extends PageQuery {
  @IsOptional()
  @IsIn(['error', 'warning'])
  severity?: 'error' | 'warning';
}

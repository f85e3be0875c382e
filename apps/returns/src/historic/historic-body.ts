import { Allow, IsIn, IsInt, IsOptional } from 'class-validator';

/** A historic sync, plain or as text in `data`. What each member may be is checked together, in `readHistoric`. */
export class HistoricBody {
  @Allow()
  data?: unknown;

  @Allow()
  id?: unknown;

  @Allow()
  startDate?: unknown;

  @Allow()
  endDate?: unknown;

  @Allow()
  isHistoricSync?: unknown;

  @Allow()
  returnSyncIdentifier?: unknown;

  @Allow()
  orderSyncIdentifier?: unknown;

  @Allow()
  dryRun?: unknown;
}

/** What a historic sync would do. */
export class DryRunAnswer {
  @IsIn(['dry_run'])
  result!: 'dry_run';

  /** Returns that it would write. */
  @IsInt()
  wouldIndex!: number;

  /** Of those, how many were compared with the index. */
  @IsInt()
  compared!: number;

  /** Of those compared, how many the index has in a newer version: nothing would become of them. */
  @IsOptional()
  @IsInt()
  newerInIndex!: number;

  /** Of those compared, how many the index has as they are. */
  @IsInt()
  sameInIndex!: number;
}

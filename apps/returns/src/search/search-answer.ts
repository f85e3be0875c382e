import { IsInstant } from '@lockstep/contracts';
import { Type } from 'class-transformer';
import { IsArray, IsBoolean, IsInt, IsNumber, IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';
import type { SyncState } from './freshness.js';
import type { FacetStats } from './to-facets.js';
import type { Hit } from './to-hit.js';

/** How far the index is behind the database. */
export class SyncStateAnswer implements SyncState {
  @IsOptional()
  @IsInstant()
  lastCompletedAt!: string | null;

  @IsOptional()
  @IsInstant()
  dateRangeEnd!: string | null;

  /** 0 idle, 1 claimed, 2 being processed. */
  @IsOptional()
  @IsInt()
  status!: number | null;

  @IsOptional()
  @IsNumber()
  lagSeconds!: number | null;

  @IsInt()
  pendingChanges!: number;

  /** No window was completed for 45 minutes. */
  @IsBoolean()
  stale!: boolean;
}

/** A page of what was found. Amounts are in minor units. */
export class ReturnSearchAnswer {
  /** Returns, or items with the fields of their return. */
  @IsArray()
  @IsObject({ each: true })
  hits!: Hit[];

  /** All that was found: returns, or items. */
  @IsInt()
  nbHits!: number;

  /** From 0. */
  @IsInt()
  page!: number;

  /** Pages that can be asked for; a cursor goes further. */
  @IsInt()
  nbPages!: number;

  @IsInt()
  hitsPerPage!: number;

  /** Number by value by name of the facet. */
  @IsObject()
  facets!: Record<string, Record<string, number>>;

  @IsObject()
  facets_stats!: Record<string, FacetStats>;

  /** For the next page; null on the last. */
  @IsOptional()
  @IsString()
  cursor!: string | null;

  @IsInt()
  processingTimeMS!: number;

  @IsString()
  query!: string;

  @ValidateNested()
  @Type(() => SyncStateAnswer)
  sync!: SyncStateAnswer;
}

import type { SearchQuery } from '@lockstep/search';
import { Type } from 'class-transformer';
import { IsInt, IsOptional, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import { validationProblem } from '../problems/validation.js';

/** The query of every list; a list adds its filters in a subclass, and what it can be sorted by. */
export class PageQuery {
  /** From 1. */
  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  page: number = 1;

  @IsOptional()
  @Type(() => Number)
  @IsInt()
  @Min(1)
  @Max(200)
  pageSize: number = 20;
}

/** The longest cursor that a search answers. */
const MAX_CURSOR_LENGTH = 16_384;

/** The query of a list over a search index. */
export class SearchPageQuery extends PageQuery {
  /** `field` ascending or `-field` descending. */
  @IsOptional()
  @Matches(/^-?[A-Za-z][A-Za-z0-9_.]{0,63}$/)
  sort?: string;

  /** The `cursor` of the page before, where a list goes deeper than pages reach. */
  @IsOptional()
  @IsString()
  @MaxLength(MAX_CURSOR_LENGTH)
  cursor?: string;
}

/** A page of a list. */
export interface Page<T> {
  readonly items: T[];
  /** Rows of the whole list. */
  readonly total: number;
  readonly page: number;
  readonly pageSize: number;
  /** For the next page; null at the end, or where the list has pages only. */
  readonly cursor: string | null;
}

/** Answers one page of a list. */
export function toPage<T>(query: PageQuery, items: T[], total: number, cursor?: string): Page<T> {
  return { items, total, page: query.page, pageSize: query.pageSize, cursor: cursor ?? null };
}

/** Rows before the page: SQL's OFFSET. */
export function pageOffset(query: PageQuery): number {
  return (query.page - 1) * query.pageSize;
}

/** The order that a query asks for. */
export interface SortOrder<Field extends string> {
  readonly field: Field;
  readonly direction: 'asc' | 'desc';
}

/** Reads `sort` against the fields that a list can be sorted by; throws a 400 that names them. */
export function parseSort<Field extends string>(
  query: SearchPageQuery,
  fields: readonly Field[],
  fallback: SortOrder<Field>,
): SortOrder<Field> {
  if (query.sort === undefined) return fallback;
  const field = fields.find((each) => each === query.sort?.replace(/^-/, ''));
  if (!field) throw validationProblem([{ path: 'sort', message: `sort must be one of ${fields.join(', ')}` }]);
  return { field, direction: query.sort.startsWith('-') ? 'desc' : 'asc' };
}

/** Where in a list a query begins. Page 1 is also what is not asked for, so only a later page contradicts a cursor. */
export function toPosition({ page, cursor }: SearchPageQuery): Pick<SearchQuery, 'page' | 'cursor'> {
  if (cursor === undefined) return { page };
  return page === 1 ? { cursor } : { page, cursor };
}

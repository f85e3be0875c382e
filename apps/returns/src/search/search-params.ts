import { CommaList, toFieldErrors, validationProblem } from '@lockstep/service';
import { plainToInstance } from 'class-transformer';
import { ArrayMaxSize, IsArray, IsOptional, IsString, validateSync } from 'class-validator';
import { FILTER_FIELDS, FILTER_NAMES } from './search-fields.js';
import { ReturnSearchBody } from './search-request.js';

const BOOLEANS = ['isCOD', 'needAttention', 'delayed', 'includeTombstones'];
const FILTER_LISTS = FILTER_NAMES.filter((name) => !('kind' in FILTER_FIELDS[name]));
const FILTERS: readonly string[] = [...FILTER_NAMES, 'delayed', 'customerPhone', 'customerEmail'];
const LISTS: readonly string[] = [...FILTER_LISTS, 'facets', 'ids', 'attributesToRetrieve'];
const TEXTS = [
  ...BOOLEANS,
  ...['customerPhone', 'customerEmail', 'query', 'dateField', 'from', 'to', 'tz', 'tab', 'facetLevel'],
  ...['maxValuesPerFacet', 'sort', 'page', 'hitsPerPage', 'cursor', 'granularity', 'minVersion'],
];

/** The search as a query: what a body holds, its filters beside the rest, several values with commas between. */
export class ReturnSearchParams {
  readonly [name: string]: unknown;
}

for (const name of LISTS) {
  for (const decorate of [IsOptional(), CommaList(), IsArray(), ArrayMaxSize(1_000), IsString({ each: true })]) {
    decorate(ReturnSearchParams.prototype, name);
  }
}
for (const name of TEXTS) {
  for (const decorate of [IsOptional(), IsString()]) decorate(ReturnSearchParams.prototype, name);
}

/** The same as a body. @throws ProblemError 400 naming what is wrong, as for a body */
export function toSearchBody(params: ReturnSearchParams): ReturnSearchBody {
  const entries = Object.entries(params).filter(([, value]) => value !== undefined);
  const values = entries.map(([name, value]) => [name, toValue(name, value)] as const);
  const isFilter = ([name]: readonly [string, unknown]) => FILTERS.includes(name);
  const body = plainToInstance(ReturnSearchBody, {
    ...Object.fromEntries(values.filter((entry) => !isFilter(entry))),
    filters: Object.fromEntries(values.filter(isFilter)),
  });
  const errors = validateSync(body, { whitelist: true, forbidNonWhitelisted: true });
  if (errors.length > 0) throw validationProblem(toFieldErrors(errors));
  return body;
}

function toValue(name: string, value: unknown): unknown {
  if (BOOLEANS.includes(name) && (value === 'true' || value === 'false')) return value === 'true';
  return name === 'ids' ? (value as string[]).map(Number) : value;
}

import type { Filter, SearchQuery } from '@lockstep/search';
import { parseSort, toPosition, validationProblem } from '@lockstep/service';
import type { ConnectionList } from './connection-list.js';
import type { ConnectionsQuery } from './connections.query.js';

/** Who is left out of the lists that have exclusions. */
export interface Exclusions {
  readonly excludedMembershipTypes: readonly string[];
  readonly excludedPlacementGrades: readonly string[];
}

/** Columns to sort by, with the field behind each; the membership's columns go by both of their names. */
const SORT_FIELDS = {
  gmcReferenceNumber: 'gmcReferenceNumber',
  doctorFirstName: 'doctorFirstName',
  doctorLastName: 'doctorLastName',
  submissionDate: 'submissionDate',
  programmeName: 'programmeName',
  programmeOwner: 'programmeOwner',
  designatedBody: 'designatedBody',
  tcsDesignatedBody: 'tcsDesignatedBody',
  programmeMembershipType: 'membershipType',
  programmeMembershipStartDate: 'membershipStartDate',
  programmeMembershipEndDate: 'membershipEndDate',
  membershipType: 'membershipType',
  membershipStartDate: 'membershipStartDate',
  membershipEndDate: 'membershipEndDate',
} as const;
type SortColumn = keyof typeof SORT_FIELDS;

const SORT_COLUMNS = Object.keys(SORT_FIELDS) as SortColumn[];

/** What the caller asks of a list, as a query of its index; a 400 that names the parameters where it makes no sense. */
export function toSearchQuery(list: ConnectionList, query: ConnectionsQuery, exclusions: Exclusions): SearchQuery {
  const { designatedBodies = [], tisDesignatedBodies = [], search, programmeName } = query;
  const { field, direction } = parseSort(query, SORT_COLUMNS, { field: 'gmcReferenceNumber', direction: 'asc' });
  return {
    ...(search !== undefined && { text: search }),
    filters: [
      ...list.toBodyFilters({ designatedBodies, tisDesignatedBodies }),
      ...(list.hasExclusions ? toExclusionFilters(exclusions) : []),
      ...(programmeName === undefined ? [] : [{ field: 'programmeName', matches: programmeName }]),
      ...toRange('membershipEndDate', query.membershipEndDateFrom, query.membershipEndDateTo),
      ...toRange('submissionDate', query.submissionDateFrom, query.submissionDateTo),
    ],
    sort: [{ field: SORT_FIELDS[field], direction }],
    pageSize: query.pageSize,
    ...toPosition(query),
  };
}

function toExclusionFilters({ excludedMembershipTypes, excludedPlacementGrades }: Exclusions): Filter[] {
  return [
    { field: 'membershipType', noneOf: excludedMembershipTypes },
    { field: 'placementGrades', noneOf: excludedPlacementGrades },
  ];
}

function toRange(field: string, from: string | undefined, to: string | undefined): Filter[] {
  if (from === undefined && to === undefined) return [];
  if (from !== undefined && to !== undefined && from > to) {
    throw validationProblem([{ path: `${field}From`, message: `${field}From must not be after ${field}To` }]);
  }
  return [{ field, range: { ...(from !== undefined && { from }), ...(to !== undefined && { to }) } }];
}

import type { Filter, SearchQuery, Sort } from '@lockstep/search';
import { parseSort, toPosition } from '@lockstep/service';
import type { DoctorsQuery } from './doctors.query.js';

/** The list is GMC's: whom only TIS knows has no recommendation to wait for. */
export const LISTED: Filter = { field: 'existsInGmc', anyOf: [true] };

/** Doctors of whom GMC expects a recommendation. */
export const UNDER_NOTICE: Filter = { field: 'underNotice', anyOf: ['YES'] };

const SORT_FIELDS = [
  'submissionDate',
  'doctorFirstName',
  'doctorLastName',
  'gmcReferenceNumber',
  'dateAdded',
  'lastUpdatedDate',
  'designatedBody',
  'programmeName',
  'curriculumEndDate',
] as const;

/** What the caller asks for, as a query of the recommendation index; a 400 where it cannot be sorted so. */
export function toSearchQuery(query: DoctorsQuery): SearchQuery {
  const { search, programmeName, designatedBodies = [], gmcStatus, tisStatus, admin } = query;
  return {
    ...(search !== undefined && { text: search }),
    filters: [
      LISTED,
      ...noticeFilters(query.underNotice),
      ...(designatedBodies.length > 0 ? [{ field: 'designatedBody', anyOf: designatedBodies }] : []),
      ...(programmeName === undefined ? [] : [{ field: 'programmeName', matches: programmeName }]),
      ...equals('gmcStatus', gmcStatus),
      ...equals('tisStatus', tisStatus),
      ...equals('admin', admin),
    ],
    sort: toSort(query),
    pageSize: query.pageSize,
    ...toPosition(query),
  };
}

function noticeFilters(underNotice: DoctorsQuery['underNotice']): Filter[] {
  if (underNotice === undefined || underNotice === 'false') return [];
  return underNotice === 'true' ? [UNDER_NOTICE] : equals('underNotice', underNotice);
}

function equals(field: string, value: string | undefined): Filter[] {
  return value === undefined ? [] : [{ field, anyOf: [value] }];
}

/** Who is due first comes first; of equals, the last name decides. */
function toSort(query: DoctorsQuery): Sort[] {
  const first = parseSort(query, SORT_FIELDS, { field: 'submissionDate', direction: 'asc' });
  return first.field === 'doctorLastName' ? [first] : [first, { field: 'doctorLastName', direction: 'asc' }];
}

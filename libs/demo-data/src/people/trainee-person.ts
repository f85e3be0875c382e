/** A programme membership in the body that `PUT /api/trainees/{personId}` takes. Days are `yyyy-MM-dd`. */
export interface TraineeMembership {
  programmeNumber: string;
  programmeName: string | null;
  owner: string | null;
  type: string | null;
  startDate: string | null;
  endDate: string | null;
  curricula: { name: string; endDate: string | null }[];
}

/** A placement in that body. */
export interface TraineePlacement {
  gradeId: string;
  grade: string | null;
  dateFrom: string | null;
  dateTo: string | null;
}

/** A line of `POST /api/trainees/bulk`: the body of a PUT with its person id. */
export interface TraineePerson {
  personId: number;
  forenames: string | null;
  surname: string;
  gmcNumber: string | null;
  role: string | null;
  programmeMemberships: TraineeMembership[];
  placements: TraineePlacement[];
}

/** The day `days` after a day (before, when negative), both `yyyy-MM-dd`. */
export function day(asOf: string, days: number): string {
  return new Date(Date.parse(`${asOf}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);
}

/**
 * Owner of a programme (local office) to the code of its designated body. The first entry whose name is equal wins;
 * an owner that is not here has none.
 */
export const DESIGNATED_BODY_BY_OWNER: ReadonlyMap<string, string> = new Map([
  ['Kent, Surrey and Sussex', '1-1RUZV1D'],
  ['London LETBs', '1-1RUZV1D'],
  ['North West London', '1-1RUZV6H'],
  ['North Central and East London', '1-1RUZV4H'],
  ['South London', '1-1RSSQ5L'],
  ['East Midlands', '1-1RSSPZ7'],
  ['East of England', '1-1RSSQ05'],
  ['North East', '1-1RSSQ1B'],
  ['Thames Valley', '1-1RSSQ6R'],
  ['Yorkshire and the Humber', '1-1RSG4X0'],
  ['West Midlands', '1-1RUZUYF'],
  ['South West', '1-1RUZUVB'],
  ['Wessex', '1-1RUZUSF'],
  ['North West', '1-1RSSQ2H'],
  ['Northern Ireland Medical and Dental Training Agency', '1-25U-830'],
]);

/** Code of the designated body of a programme's owner, or null for none or an unknown one. */
export function designatedBodyOf(owner: string | null): string | null {
  return owner === null ? null : (DESIGNATED_BODY_BY_OWNER.get(owner.trim()) ?? null);
}

const LONDON_DAY = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'Europe/London',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
});

/** The calendar date in London, `yyyy-MM-dd`: what 'today' means for memberships and placements. */
export function londonDate(instant: Date): string {
  return LONDON_DAY.format(instant);
}

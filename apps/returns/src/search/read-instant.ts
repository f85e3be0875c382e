const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/;
const LOCAL = /^(\d{4})-(\d{2})-(\d{2})(?:[ T](\d{2}):(\d{2}):(\d{2}))?$/;

/**
 * An instant as people state it: RFC 3339 with its zone, or `yyyy-MM-dd HH:mm:ss`, or a day, in the zone `timeZone`. A time
 * that a zone skips is the one after the gap, one that it has twice the first. Undefined for anything else.
 */
export function readInstant(text: string, timeZone: string): Date | undefined {
  if (ISO.test(text)) return readIso(text);
  const parts = LOCAL.exec(text)
    ?.slice(1)
    .map((part) => Number(part ?? 0));
  if (!parts) return undefined;
  const [year, month, day, hour, minute, second] = parts as [number, number, number, number, number, number];
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  const isDay = new Date(wall).getUTCDate() === day && new Date(wall).getUTCMonth() === month - 1;
  const isOfCalendar = isDay && hour < 24 && minute < 60 && second < 60;
  return isOfCalendar ? new Date(fromWall(wall, timeZone)) : undefined;
}

/** True for a name that the time zone database has. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The instant at which clocks of the zone show `wall`, which is given as if it were UTC. */
function fromWall(wall: number, timeZone: string): number {
  // Of the offsets before and after a change of clocks the earlier instant is tried first.
  const offsets = [wall - DAY_MS, wall + DAY_MS].map((at) => offsetAt(at, timeZone));
  const candidates = offsets.map((offset) => wall - offset).sort((a, b) => a - b);
  const exact = candidates.find((at) => at + offsetAt(at, timeZone) === wall);
  return exact ?? wall - offsets[0]!;
}

const DAY_MS = 86_400_000;

/** How far clocks of the zone are ahead of UTC, in milliseconds. */
function offsetAt(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(at);
  const value = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const shown = Date.UTC(
    value('year'),
    value('month') - 1,
    value('day'),
    value('hour'),
    value('minute'),
    value('second'),
  );
  return shown - Math.floor(at / 1_000) * 1_000;
}

/** `2026-02-30` is no day, though JavaScript reads it as the second of March. */
function readIso(text: string): Date | undefined {
  const day = new Date(text.slice(0, 10));
  const date = new Date(text);
  const isOfCalendar = day.getUTCDate() === Number(text.slice(8, 10)) && !Number.isNaN(date.getTime());
  return isOfCalendar ? date : undefined;
}

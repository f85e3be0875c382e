import { isInstant } from '@lockstep/contracts';

const LOCAL = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})$/;

/** True for a name that the platform knows, such as `Europe/London`. */
export function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

/**
 * An instant with its offset, or `yyyy-MM-dd HH:mm:ss` on the clocks of `timeZone`; undefined for anything else, a day that
 * does not exist included. Of an hour that clocks show twice it is the first, of one that they leave out the one after it.
 */
export function readTime(text: string, timeZone: string): Date | undefined {
  if (isInstant(text)) return new Date(text);
  if (!LOCAL.test(text) || !isInstant(`${text.replace(' ', 'T')}Z`)) return undefined;
  const wall = Date.parse(`${text.replace(' ', 'T')}Z`);
  const before = wall - offsetAt(wall - 86_400_000, timeZone);
  const after = wall - offsetAt(wall + 86_400_000, timeZone);
  const candidates = [Math.min(before, after), Math.max(before, after)];
  const right = candidates.find((time) => time + offsetAt(time, timeZone) === wall);
  return new Date(right ?? candidates[1] ?? wall);
}

/** How far the clocks of a zone are ahead of UTC at a time, in milliseconds. */
function offsetAt(time: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(time);
  const [year, month, day, hour, minute, second] = ['year', 'month', 'day', 'hour', 'minute', 'second'].map((type) =>
    Number(parts.find((part) => part.type === type)?.value),
  ) as [number, number, number, number, number, number];
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / 1_000) * 1_000;
}

const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' });

/** "5 min. ago": in the largest unit that fits once. Less than a second away is "now". */
export function relativeTime(time: string, now: number): string {
  const seconds = Math.trunc((Date.parse(time) - now) / 1000);
  const unit = units.find(([, size]) => Math.abs(seconds) >= size);
  if (unit === undefined) return 'now';
  return relative.format(Math.trunc(seconds / unit[1]), unit[0]).replace('.', '');
}

/** "2026-01-31 12:00:00 UTC": the same for every reader. */
export function absoluteTime(time: string): string {
  return `${time.slice(0, 10)} ${time.slice(11, 19)} UTC`;
}

/** "12:00:00" of the UTC day. */
export function clockTime(time: string): string {
  return time.slice(11, 19);
}

const dayFormat = new Intl.DateTimeFormat('en', {
  weekday: 'long',
  day: 'numeric',
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
});

/** "Saturday, January 31, 2026" for a UTC day like `2026-01-31`. */
export function dayName(day: string): string {
  return dayFormat.format(new Date(`${day}T00:00:00Z`));
}

/** "14 min 3 s": the two largest units of a span. */
export function span(from: string, until: string): string {
  let rest = Math.max(0, Math.round((Date.parse(until) - Date.parse(from)) / 1000));
  const names = { day: 'd', hour: 'h', minute: 'min', second: 's' };
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count} ${names[unit]}`);
  }
  return parts.length === 0 ? 'under 1 s' : parts.slice(0, 2).join(' ');
}

/** Numbers, bytes and times as people read them. */

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];
const number = new Intl.NumberFormat();
const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const timeOfDay = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });

/** `1,234`, by the reader's language. */
export function formatNumber(value: number): string {
  return number.format(value);
}

/** `1 image`, `2,000 images`. */
export function countOf(value: number, one: string, many = `${one}s`): string {
  return `${formatNumber(value)} ${value === 1 ? one : many}`;
}

/** `0 B`, `12.3 kB`, `4 MB`: three digits at most, decimal units. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${new Intl.NumberFormat(undefined, { maximumFractionDigits: digits }).format(value)} ${UNITS[unit] ?? ''}`;
}

/** `5 s`, `3 min`, `2 h 5 min`, `3 d 2 h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return hours % 24 === 0 ? `${Math.floor(hours / 24)} d` : `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** A time of the API, with or without its `Z`: the API speaks in UTC. */
export function parseTime(text: string): Date {
  return new Date(/(Z|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text.replace(' ', 'T')}Z`);
}

/** `23 Nov 2026, 14:05`, in the reader's language and time zone. */
export function formatDateTime(text: string): string {
  const time = parseTime(text);
  return Number.isNaN(time.getTime()) ? text : dateTime.format(time);
}

/** `14:05`; with its day where that is not today. */
export function formatClock(text: string, now = new Date()): string {
  const time = parseTime(text);
  if (Number.isNaN(time.getTime())) return text;
  return time.toDateString() === now.toDateString() ? timeOfDay.format(time) : dateTime.format(time);
}

/** Numbers, bytes and times in the reader's own form. Formatters are made once: making one costs more than drawing a frame. */

const NUMBER = new Intl.NumberFormat();
const ONE_DECIMAL = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const PERCENT = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 0 });
const BYTES = (
  [
    ['terabyte', 1e12],
    ['gigabyte', 1e9],
    ['megabyte', 1e6],
    ['kilobyte', 1e3],
    ['byte', 1],
  ] as const
).map(([unit, size]) => ({
  size,
  format: new Intl.NumberFormat(undefined, { style: 'unit', unit, maximumSignificantDigits: 3 }),
}));
const CLOCK = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const SECONDS = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const WEEKDAY = new Intl.DateTimeFormat(undefined, { weekday: 'short', hour: '2-digit', minute: '2-digit' });
const DAY = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });
const UTC_DAY = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' });
const UTC_DATE = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'medium' });

export const number = (value: number): string => NUMBER.format(value);
export const oneDecimal = (value: number): string => ONE_DECIMAL.format(value);
/** @param share 0 to 1 */
export const percent = (share: number): string => PERCENT.format(share);

export function bytes(value: number): string {
  const fitting = BYTES.find(({ size }) => value >= size) ?? BYTES.at(-1);
  return fitting ? fitting.format.format(value / fitting.size) : String(value);
}

/** `1 image`, `2 images` */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${number(value)} ${value === 1 ? one : many}`;
}

/** Of what is counted up to `most` only: `10,000+` */
export function countedUpTo(value: number, most: number): string {
  return value >= most ? `${number(most)}+` : number(value);
}

/** How much smaller the files became, as a share; undefined where nothing was made or they did not become smaller. */
export function savedShare(before: number, after: number): number | undefined {
  return before > 0 && after > 0 && after < before ? 1 - after / before : undefined;
}

export const clock = (time: number | string): string => CLOCK.format(new Date(time));
export const clockWithSeconds = (time: number | string): string => SECONDS.format(new Date(time));
export const fullTime = (time: number | string): string => FULL.format(new Date(time));

/** @param date such as `2026-11-30`, which is a day of UTC */
export const day = (date: string): string => UTC_DAY.format(new Date(date));

/** @param date such as `2027-01-31`, which is a day of UTC: `31 Jan 2027` */
export const date = (date: string): string => UTC_DATE.format(new Date(date));

const DAY_MS = 86_400_000;

/** Today the time, in the last days the weekday, else the date, also of a day to come. */
export function when(time: string, now = Date.now()): string {
  const at = new Date(time);
  const startOfDay = new Date(now).setHours(0, 0, 0, 0);
  if (at.getTime() >= startOfDay + DAY_MS) return DAY.format(at);
  if (at.getTime() >= startOfDay) return CLOCK.format(at);
  if (at.getTime() >= startOfDay - DAY_MS) return `yesterday, ${CLOCK.format(at)}`;
  return at.getTime() >= startOfDay - 6 * DAY_MS ? WEEKDAY.format(at) : DAY.format(at);
}

/** To the second, where it was today. */
export function whenExactly(time: string): string {
  const short = when(time);
  return short === CLOCK.format(new Date(time)) ? SECONDS.format(new Date(time)) : short;
}

/** `840 ms`, `14 s`, `1 min 48 s`, `2 h 5 min` */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1_000);
  if (ms < 10_000) return `${ONE_DECIMAL.format(ms / 1_000)} s`;
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10 && seconds % 60 > 0) return `${minutes} min ${seconds % 60} s`;
  if (minutes < 60) return `${Math.round(seconds / 60)} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The time left in steps that a reader can use: of 5 s, of minutes. */
export function timeLeft(seconds: number | null): string {
  if (seconds === null) return '—';
  if (seconds <= 0) return '0 s';
  if (seconds < 55) return `${Math.max(5, Math.round(seconds / 5) * 5)} s`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

import type { NumberFormat } from './number-format.ts';

const DAY_S = 86_400;
const EPOCH_MS = Date.UTC(1899, 11, 30);
const DAYS_TO_1904 = 1462;
const LAST_DAY = 2_958_465; // 9999-12-31

/** The digits that a number in a workbook can hold. A longer one was rounded when it was typed. */
const MAX_DIGITS = 15;

/** The text that a person sees of a number, in full. @param raw as it stands in the file */
export function shownNumber(raw: string, format: NumberFormat, is1904: boolean): string {
  const number = Number(raw);
  if (raw.trim() === '' || !Number.isFinite(number)) return raw;
  if (format.is === 'number') return plain(number);
  if (format.is === 'padded') return padded(number, format.pattern);
  return moment(number, format.is, is1904) ?? plain(number);
}

/** Whole numbers of up to 15 digits, decimals as the shortest text, and what has more digits as a rounded number. */
function plain(number: number): string {
  if (Number.isInteger(number) && Math.abs(number) < 10 ** MAX_DIGITS) return String(number);
  const rounded = Number(number.toPrecision(MAX_DIGITS));
  const isLong = Math.abs(rounded) >= 10 ** MAX_DIGITS || (rounded !== 0 && Math.abs(rounded) < 1e-6);
  return isLong ? rounded.toExponential().replace('e', 'E') : String(rounded);
}

function padded(number: number, pattern: (string | { text: string })[]): string {
  if (!Number.isInteger(number) || Math.abs(number) >= 10 ** MAX_DIGITS) return plain(number);
  const zeros = pattern.filter((each) => each === '0').length;
  const digits = String(Math.abs(number)).padStart(zeros, '0');
  let at = digits.length - zeros; // digits for which there is no zero stand before the first one
  let written = 0;
  const texts = pattern.map((each) => {
    if (typeof each !== 'string') return each.text;
    const from = written === 0 ? 0 : at;
    at += 1;
    written += 1;
    return digits.slice(from, at);
  });
  return (number < 0 ? '-' : '') + texts.join('');
}

/** @param serial days since the end of 1899, in which Excel counts a 29th of February 1900 */
function moment(
  serial: number,
  is: 'date' | 'time' | 'datetime' | 'elapsed',
  is1904: boolean,
): string | undefined {
  const seconds = Math.round(serial * DAY_S);
  if (seconds < 0) return undefined;
  if (is === 'elapsed') return clock(seconds);
  if (is === 'time') return clock(seconds % DAY_S);
  const day = Math.floor(seconds / DAY_S);
  const since1900 = is1904 ? day + DAYS_TO_1904 : day < 60 ? day + 1 : day;
  if (since1900 > LAST_DAY || (day === 0 && !is1904)) return undefined;
  const date = new Date(EPOCH_MS + since1900 * DAY_S * 1000).toISOString().slice(0, 10);
  return is === 'date' ? date : `${date} ${clock(seconds % DAY_S)}`;
}

function clock(seconds: number): string {
  const two = (count: number): string => String(count).padStart(2, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

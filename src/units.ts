/** Durations and sizes as people write them. */
export const SECOND_MS = 1_000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

const DURATION_UNITS: Record<string, number> = { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

/** Parses `500ms`, `15s`, `5m`, `2h`, `90d`, or a number of seconds, to milliseconds; undefined if it is not valid. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = 's'] = /^(\d{1,9})(ms|s|m|h|d)?$/.exec(text) ?? [];
  return number === undefined ? undefined : Number(number) * (DURATION_UNITS[unit] ?? 0);
}

const BYTE_UNITS: Record<string, number> = {
  '': 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
};

/** Parses `30000000`, `30MB`, `30 MiB`, in upper or lower case; undefined if it is not valid. */
export function parseBytes(text: string): number | undefined {
  const [, number, unit = ''] = /^(\d+)\s*([KMG]i?B)?$/i.exec(text) ?? [];
  const factor = BYTE_UNITS[unit.toUpperCase()];
  return number && factor ? Number(number) * factor : undefined;
}

/** Patterns of query parameters, with what a value must be in words. */

/** Any value that is more than commas and spaces. */
export const SOME_VALUES = '[^, ]';
export const EVENT_ID = '^[0-9]+-[0-9]+(-done|-[0-9]+-[0-9]+)?$';
/** Up to 200 numbers that fit an integer of PostgreSQL. */
export const SOME_SLOTS = '^[0-9]{1,9}(,[0-9]{1,9}){0,199}$';

export const SHA256 = '^[0-9a-fA-F]{64}$';

export const PATTERNS: Readonly<Record<string, string>> = {
  [SOME_VALUES]: 'one or more values, separated by commas',
  [SOME_SLOTS]: 'up to 200 slots, separated by commas',
  [SHA256]: 'a SHA-256: 64 hexadecimal digits',
  [EVENT_ID]: 'the id of an event of this stream, or the Last-Event-ID of its states',
};

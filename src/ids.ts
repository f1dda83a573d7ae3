import { randomUUIDv7 } from 'node:crypto';

/** The type of an object: the prefix of its public id. */
export type IdPrefix = 'aud' | 'bat' | 'img' | 'whe' | 'evt' | 'dlv' | 'key' | 'upl';

/** Sorts after every other UUID: the start of a descending list. */
export const LAST_UUID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';
const SUFFIX = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** A UUID of version 7: ordered by time, with 74 random bits, so that indexes grow at one end. */
export function newUuid(): string {
  return randomUUIDv7();
}

/** The public form of a UUID: a TypeID (github.com/jetify-com/typeid, 0.3), `bat_01h455vb4pex5vsknk084sn02q`. */
export function publicId(prefix: IdPrefix, uuid: string): string {
  let number = BigInt(`0x${uuid.replaceAll('-', '')}`);
  let suffix = '';
  for (let i = 0; i < 26; i += 1) {
    suffix = CROCKFORD.charAt(Number(number & 31n)) + suffix;
    number >>= 5n;
  }
  return `${prefix}_${suffix}`;
}

/** The UUID of a public id; undefined if the text is not an id of this type. */
export function uuidOf(prefix: IdPrefix, id: string): string | undefined {
  const suffix = id.slice(prefix.length + 1);
  if (!id.startsWith(`${prefix}_`) || !SUFFIX.test(suffix)) return undefined;
  let number = 0n;
  for (const letter of suffix) number = (number << 5n) | BigInt(CROCKFORD.indexOf(letter));
  const hex = number.toString(16).padStart(32, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

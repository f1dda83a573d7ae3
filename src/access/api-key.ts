/**
 * The form of API keys: `ml_`, 32 random characters (190 bits), and 6 of a CRC-32 of all before it, as GitHub's
 * tokens have it. So a key with a typo is refused without a look at the database, and scanners for secrets
 * can tell a key from other text. Keys are stored as their SHA-256: 190 random bits need no slow hash.
 */
import { createHash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const START = 'ml_';
const RANDOM_LETTERS = 32;
const CHECKSUM_LETTERS = 6; // 62^6 > 2^32
const SHOWN_LETTERS = START.length + 4;
const FORM = new RegExp(`^${START}[0-9A-Za-z]{${RANDOM_LETTERS + CHECKSUM_LETTERS}}$`);

export function newApiKey(): string {
  const random = Array.from({ length: RANDOM_LETTERS }, () => LETTERS.charAt(randomInt(LETTERS.length)));
  const start = START + random.join('');
  return start + checksumOf(start);
}

/** Why a text cannot be a key, as the end of a sentence; undefined if it can be one. */
export function whyNoApiKey(text: string): string | undefined {
  if (!FORM.test(text))
    return `a key is ${START} and ${RANDOM_LETTERS + CHECKSUM_LETTERS} letters and digits`;
  const start = text.slice(0, -CHECKSUM_LETTERS);
  return text === start + checksumOf(start) ? undefined : 'its checksum is wrong, so it has a typo';
}

export function sha256Of(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The part of a key that may be shown: `ml_AbCd`. */
export function prefixOf(key: string): string {
  return key.slice(0, SHOWN_LETTERS);
}

function checksumOf(text: string): string {
  let rest = crc32(text);
  let letters = '';
  for (let i = 0; i < CHECKSUM_LETTERS; i += 1) {
    letters = LETTERS.charAt(rest % LETTERS.length) + letters;
    rest = Math.floor(rest / LETTERS.length);
  }
  return letters;
}

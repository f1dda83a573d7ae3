/** The form of a key (src/access/api-key.ts): `ml_`, 32 random characters, and 6 of a CRC-32 of all before them. */
const FORM = /^ml_[0-9A-Za-z]{38}$/;
const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHECKSUM_LETTERS = 6;

/** Whether a text can be a key. A typo is told before anything is sent. */
export function canBeKey(text: string): boolean {
  const start = text.slice(0, -CHECKSUM_LETTERS);
  return FORM.test(text) && text === start + checksumOf(start);
}

function checksumOf(text: string): string {
  let rest = crc32(new TextEncoder().encode(text));
  let letters = '';
  for (let i = 0; i < CHECKSUM_LETTERS; i += 1) {
    letters = LETTERS.charAt(rest % LETTERS.length) + letters;
    rest = Math.floor(rest / LETTERS.length);
  }
  return letters;
}

const POLYNOMIAL = 0xed_b8_83_20;

function crc32(bytes: Uint8Array): number {
  let crc = 0xff_ff_ff_ff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0);
  }
  return ~crc >>> 0;
}

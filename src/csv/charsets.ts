import { words } from './words.ts';

/** Encodings of files that are not UTF-8, the most frequent first. */
const CANDIDATES = words(`
  windows-1252 macintosh windows-1250 windows-1251 shift_jis gbk big5 euc-kr windows-1253 windows-1254
  windows-1255 windows-1256 koi8-r ibm866
`);

const MAX_OFFERED = 3;
const SHOWN_CHARACTERS = 60;

/**
 * The encodings that a line may be in, the likeliest first, each with the text that it makes of the characters around
 * the first one outside of ASCII.
 * @param line the bytes of one line
 * @param refused the encoding in which the line cannot be decoded
 */
export function likelyCharsets(line: Buffer, refused: string): { charset: string; text: string }[] {
  const read = CANDIDATES.filter((charset) => charset !== refused).flatMap((charset) => {
    const text = decoded(line, charset);
    return text === undefined ? [] : [{ charset, text: around(text), likelihood: likelihoodOf(text) }];
  });
  const likely = read.toSorted((a, b) => b.likelihood - a.likelihood);
  const texts = new Set<string>(); // two encodings with the same text are one choice
  return likely.filter(({ text }) => texts.size < texts.add(text).size).slice(0, MAX_OFFERED);
}

/** The kind of UTF-16 without a byte order mark: of ASCII characters, every second byte is NUL. */
export function unmarkedUtf16(bytes: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  const nuls = [0, 0];
  for (const [i, byte] of bytes.entries()) if (byte === 0) nuls[i % 2] = (nuls[i % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = nuls;
  if (odd > bytes.length / 4 && even === 0) return 'utf-16le';
  return even > bytes.length / 4 && odd === 0 ? 'utf-16be' : undefined;
}

function decoded(bytes: Buffer, charset: string): string | undefined {
  try {
    return new TextDecoder(charset, { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Letters inside of words are evidence for an encoding; symbols and capitals inside of words, and controls, against it. */
function likelihoodOf(text: string): number {
  const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
  const other = count(/[^\0-\x7f]/gu);
  if (other === 0) return 0;
  const odd =
    3 * count(/[\x80-\x9f\ufffd\ue000-\uf8ff]/gu) +
    2 * count(/(?<=\p{L})[^\0-\x7f\p{L}\p{M}’](?=\p{L})/gu) +
    2 *
      count(
        /(?<=\p{Ll})(?=[^\0-\x7f])\p{Lu}|(?<=[a-z])[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Hebrew}\p{Script=Arabic}]|[\uff61-\uff9f]/gu,
      ) +
    count(/(?<=[A-Za-z])[\p{Script=Han}\p{Script=Hangul}]|[\p{Script=Han}\p{Script=Hangul}](?=[a-z])/gu);
  const letters = count(/(?=[^\0-\x7f])\p{L}/gu);
  return (letters - odd) / other + (RARE.test(text) ? -0.5 : 0);
}

// Unlikely results: letters of 1250 and 1254 in place of Western letters, and symbols of Mac Roman in place of letters.
const RARE = /[ŕŔďĎŇňůŰŢţșŞŠ¸ˇ˘ﬁﬂ‰„Ω∂∑∏πƒ]/u;

function around(text: string): string {
  const first = Math.max(0, text.search(/[^\0-\x7f]/u));
  const from = Math.max(0, first - SHOWN_CHARACTERS / 2);
  const to = from + SHOWN_CHARACTERS;
  return `${from > 0 ? '…' : ''}${text.slice(from, to).trim()}${to < text.length ? '…' : ''}`;
}

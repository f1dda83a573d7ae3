/** What a number format (ECMA-376, part 1, 18.8.30 and 18.8.31) makes of a number. */
export type NumberFormat =
  /** shown in full, whatever the format rounds away */
  | { is: 'number' }
  | { is: 'date' | 'time' | 'datetime' | 'elapsed' }
  /** a whole number with leading zeros, and texts around its digits: '0' stands for a digit */
  | { is: 'padded'; pattern: (string | { text: string })[] };

export const NUMBER: NumberFormat = { is: 'number' };

// Without a code in the file; 27 to 36 and 50 to 58 are dates in Chinese, Japanese and Korean.
const BUILT_IN: readonly [from: number, to: number, is: 'date' | 'time' | 'datetime' | 'elapsed'][] = [
  [14, 17, 'date'],
  [18, 21, 'time'],
  [22, 22, 'datetime'],
  [27, 31, 'date'],
  [32, 35, 'time'],
  [36, 36, 'date'],
  [45, 45, 'time'],
  [46, 46, 'elapsed'],
  [47, 47, 'time'],
  [50, 54, 'date'],
  [55, 56, 'time'],
  [57, 58, 'date'],
];

/** @param code of the format, where the workbook has one of its own */
export function numberFormat(id: number, code: string | undefined): NumberFormat {
  if (code !== undefined) return formatOf(code);
  const builtIn = BUILT_IN.find(([from, to]) => id >= from && id <= to);
  return builtIn ? { is: builtIn[2] } : NUMBER;
}

const MAX_CODE_CHARACTERS = 255; // Excel's limit
const TOKEN = /"[^"]*"?|\\.|_.|\*.|\[[^\]]*\]?|general|am\/pm|a\/p|e[+-]|./gisu;

/** Of its first section, which is for positive numbers. */
function formatOf(code: string): NumberFormat {
  const tokens: string[] = code.slice(0, MAX_CODE_CHARACTERS).match(TOKEN) ?? [];
  const end = tokens.indexOf(';');
  const first = tokens.slice(0, end < 0 ? tokens.length : end);
  return dateFormat(first) ?? paddedFormat(first) ?? NUMBER;
}

function dateFormat(tokens: string[]): NumberFormat | undefined {
  if (tokens.some((token) => /^\[(h+|m+|s+)\]$/i.test(token))) return { is: 'elapsed' };
  const letters = tokens
    .filter((token) => /^[ymdhsge]$/i.test(token))
    .join('')
    .toLowerCase();
  if (!/[ymdhs]/.test(letters)) return undefined;
  const hasTime = /[hs]/.test(letters);
  const hasDate = /[yd]/.test(letters) || !hasTime;
  return { is: hasDate && hasTime ? 'datetime' : hasDate ? 'date' : 'time' };
}

const PLAIN_LITERAL = /^[-+ ():!^&'~{}<>=$€£¥]$/;

/** Zeros and texts only: `00000`, `000-000`, `"A-"0000`. A single zero alone adds nothing. */
function paddedFormat(tokens: string[]): NumberFormat | undefined {
  const pattern: (string | { text: string })[] = [];
  for (const token of tokens) {
    const text = token === '0' ? '0' : literalOf(token);
    if (text === undefined) return undefined;
    if (text !== '') pattern.push(token === '0' ? '0' : { text });
  }
  return pattern.includes('0') && pattern.length > 1 ? { is: 'padded', pattern } : undefined;
}

/** The text that a token writes; undefined: it is more than a text. */
function literalOf(token: string): string | undefined {
  if (token.startsWith('"')) return token.replaceAll('"', '');
  if (token.startsWith('\\')) return token.slice(1);
  if (/^[_*]./su.test(token)) return ''; // a space, and a character that fills the cell
  if (token.startsWith('[$')) return /^\[\$([^-\]]*)/.exec(token)?.[1] ?? '';
  if (/^\[(?:black|blue|cyan|green|magenta|red|white|yellow|colou?r ?\d+)\]$/i.test(token)) return '';
  return PLAIN_LITERAL.test(token) ? token : undefined;
}

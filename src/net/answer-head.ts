/**
 * Rewrites the head of a careless HTTP/1 response to conform to RFC 9112. curl and browsers accept what is
 * repaired here, but undici's parser (llhttp) rejects it. Headers that decide where the body ends are made
 * unambiguous, or the response is refused.
 */

/** A response that is refused. The message says why, for the person who owns the catalogue. */
export class UnreadableAnswer extends Error {
  override readonly name = 'UnreadableAnswer';
}

export type Head = {
  status: number;
  /** equal to what was read where nothing needed repair */
  text: string;
  isChunked: boolean;
};

/** A header field; `line` is its whole text. */
type Field = { name: string; value: string; line: string };

// ICY: Shoutcast. The reason may contain a lone CR, so it matches everything: `.*$` would backtrack at each space.
const STATUS_LINE = /^(?:HTTP\/\d(?:\.(\d))?|ICY)[\t ]+(\d{3})(?!\d)([^]*)$/i;
const PLAIN_STATUS_LINE = /^HTTP\/1\.[01] \d{3}(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const PLAIN_HEAD =
  /^HTTP\/1\.[01] \d{3}(?: [\t\x20-\x7e\x80-\xff]*)?\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n$/;
const FRAMING = /^(?:content-length|transfer-encoding|content-encoding)[\t ]*:[^\r\n]*/gim;
const PLAIN_FRAMING = /^(?:content-length:[\t ]*(?:0|[1-9]\d{0,14})|transfer-encoding:[\t ]*chunked)$/i;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)([\t ]*):(.*)$/; // RFC 9110, 5.6.2
const UNPRINTABLE = /[^\t\x20-\x7e\x80-\xff]+/g;

/**
 * @param text in latin1, up to and including the empty line
 * @returns undefined where the text does not begin with a status line
 * @throws UnreadableAnswer
 */
export function readHead(text: string): Head | undefined {
  return plainHead(text) ?? repairedHead(text);
}

/** The fast path: nearly all heads need no repair. */
function plainHead(text: string): Head | undefined {
  const framing = text.match(FRAMING) ?? [];
  const isPlain =
    framing.length < 2 && framing.every((line) => PLAIN_FRAMING.test(line)) && PLAIN_HEAD.test(text);
  if (!isPlain) return undefined;
  return { status: Number(text.slice(9, 12)), text, isChunked: framing[0]?.endsWith('d') ?? false };
}

function repairedHead(text: string): Head | undefined {
  const [first = '', ...rest] = text.trimStart().split(/\r?\n/);
  const [, minor, status = '', reason = ''] = STATUS_LINE.exec(first) ?? [];
  if (status === '') return undefined;
  const statusLine = PLAIN_STATUS_LINE.test(first)
    ? first
    : `HTTP/1.${minor === '0' ? 0 : 1} ${status} ${reason.trimStart().replace(UNPRINTABLE, ' ')}`;
  const { fields, isChunked } = framed(unfolded(rest).flatMap((line) => fieldOf(line) ?? []));
  const repaired = textOf(statusLine, fields);
  // Decompression delays reading, and undici drops what is unread when a kept connection ends: so close it.
  const isCoded = fields.some(({ name }) => name === 'content-encoding');
  if (repaired === text && !isCoded) return { status: Number(status), text, isChunked };
  // After a careless response the next one may not begin where we expect it.
  const closing = fields.filter(({ name }) => name !== 'connection' && name !== 'keep-alive');
  return {
    status: Number(status),
    text: textOf(statusLine, [...closing, field('connection', 'close')]),
    isChunked,
  };
}

function textOf(statusLine: string, fields: Field[]): string {
  return `${[statusLine, ...fields.map(({ line }) => line)].join('\r\n')}\r\n\r\n`;
}

/** Joins folded lines: RFC 9112, 5.2. */
function unfolded(lines: string[]): string[] {
  const whole: string[] = [];
  for (const line of lines) {
    const isContinued = line.startsWith(' ') || line.startsWith('\t');
    if (!isContinued) whole.push(line);
    else if (whole.length > 0) whole.push(`${whole.pop()} ${line.trim()}`);
  }
  return whole;
}

/** Undefined for a line that is not a field, for example without a colon. */
function fieldOf(line: string): Field | undefined {
  const [, name, space, value = ''] = FIELD.exec(line) ?? [];
  if (name === undefined) return undefined;
  const plain = value.replace(UNPRINTABLE, ' ');
  const isPlain = space === '' && plain === value;
  return { name: name.toLowerCase(), value: plain.trim(), line: isPlain ? line : `${name}:${plain}` };
}

function field(name: string, value: string): Field {
  return { name, value, line: `${name}: ${value}` };
}

/** The fields with exactly one framing (RFC 9112, 6.3): chunked, a length, or until the connection closes. */
function framed(fields: Field[]): { fields: Field[]; isChunked: boolean } {
  const lengths = fields.filter(({ name }) => name === 'content-length');
  const transfers = fields.filter(({ name }) => name === 'transfer-encoding');
  const others = fields.filter(({ name }) => name !== 'content-length' && name !== 'transfer-encoding');
  if (transfers.length === 0) {
    const length = lengthOf(lengths);
    if (length === undefined) return { fields: others, isChunked: false };
    const fits = isOnly(lengths, String(length))
      ? fields
      : [...others, field('content-length', String(length))];
    return { fields: fits, isChunked: false };
  }
  const codings = listOf(transfers).filter((coding) => coding !== 'identity');
  const isChunked = codings.includes('chunked');
  if (lengths.length === 0 && isOnly(transfers, 'chunked')) return { fields, isChunked };
  // A transfer coding such as gzip is passed on as the outermost content coding, which codings.ts undoes.
  const more = codings
    .filter((coding) => coding !== 'chunked')
    .map((coding) => field('content-encoding', coding));
  if (isChunked) return { fields: [...others, ...more, field('transfer-encoding', 'chunked')], isChunked };
  return more.length > 0 ? { fields: [...others, ...more], isChunked } : framed([...others, ...lengths]);
}

/** Whether there is exactly one field, with this value and without trailing space, which llhttp rejects. */
function isOnly([first, ...more]: Field[], value: string): boolean {
  return (
    first !== undefined &&
    more.length === 0 &&
    first.value.toLowerCase() === value &&
    first.line.endsWith(first.value)
  );
}

function listOf(fields: Field[]): string[] {
  const values = fields.flatMap(({ value }) => value.toLowerCase().split(','));
  return values.map((value) => value.trim()).filter((value) => value !== '');
}

/** Lengths beyond 2^53 are reduced to it: they are too long in any case. @throws UnreadableAnswer */
function lengthOf(fields: Field[]): number | undefined {
  const texts = listOf(fields);
  const numbers = new Set(texts.map((text) => Number(/^[+"]?(\d+)/.exec(text)?.[1] ?? Number.NaN)));
  if (numbers.size > 1) throw new UnreadableAnswer(`conflicting Content-Length: ${texts.join(' and ')}`);
  const [length] = numbers;
  if (length !== undefined && Number.isNaN(length))
    throw new UnreadableAnswer(`invalid Content-Length: ${texts.join(', ').slice(0, 40)}`);
  return length && Math.min(length, Number.MAX_SAFE_INTEGER);
}

/**
 * The head of an HTTP/1 answer, rewritten to the letter of RFC 9112 where a host was careless. curl and
 * browsers accept what is repaired here, and the parser (llhttp) gives up at it. What decides where the body
 * ends is made unambiguous, or refused.
 */

/** An answer that is not to be read. The message says why, for the owner of a catalogue. */
export class UnreadableAnswer extends Error {
  override readonly name = 'UnreadableAnswer';
}

export type Head = {
  status: number;
  /** the same as what was read where nothing is wrong with it */
  text: string;
  isChunked: boolean;
};

/** A field as it is sent; `line` is the whole of it. */
type Field = { name: string; value: string; line: string };

const STATUS_LINE = /^(?:HTTP\/\d(?:\.(\d))?|ICY)[\t ]+(\d{3})(?!\d)[\t ]*([^\t ].*)?$/i; // ICY: what Shoutcast says
const PLAIN_STATUS_LINE = /^HTTP\/1\.[01] \d{3}(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const PLAIN_HEAD =
  /^HTTP\/1\.[01] \d{3}(?: [\t\x20-\x7e\x80-\xff]*)?\r\n(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*\r\n$/;
const FRAMING = /^(?:content-length|transfer-encoding|content-encoding)[\t ]*:[^\r\n]*/gim;
const PLAIN_FRAMING = /^(?:content-length:[\t ]*(?:0|[1-9]\d{0,14})|transfer-encoding:[\t ]*chunked)$/i;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)([\t ]*):(.*)$/; // RFC 9110, 5.6.2
const UNPRINTABLE = /[^\t\x20-\x7e\x80-\xff]+/g;

/**
 * @param text latin1, with the empty line at its end
 * @returns undefined where it does not begin as an answer
 * @throws UnreadableAnswer
 */
export function readHead(text: string): Head | undefined {
  return plainHead(text) ?? repairedHead(text);
}

/** A head with nothing to repair: nearly all of them, so this is all that they cost. */
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
    : `HTTP/1.${minor === '0' ? 0 : 1} ${status} ${reason.replace(UNPRINTABLE, ' ')}`;
  const { fields, isChunked } = framed(unfolded(rest).flatMap((line) => fieldOf(line) ?? []));
  const repaired = textOf(statusLine, fields);
  // A decoder slows reading down, and undici takes the end of a kept connection for the end of what it may read.
  const isCoded = fields.some(({ name }) => name === 'content-encoding');
  if (repaired === text && !isCoded) return { status: Number(status), text, isChunked };
  // After a careless answer the next one need not begin where we think.
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

/** Lines that go on in the next one are one line: RFC 9112, 5.2. */
function unfolded(lines: string[]): string[] {
  const whole: string[] = [];
  for (const line of lines) {
    const isMore = line.startsWith(' ') || line.startsWith('\t');
    if (!isMore) whole.push(line);
    else if (whole.length > 0) whole.push(`${whole.pop()} ${line.trim()}`);
  }
  return whole;
}

/** Undefined for what is no field, such as a line without a colon. */
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

/** The fields with one framing among them: RFC 9112, 6.3. */
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
  // A coding of the transfer is the outermost one of the content, for who reads both.
  const more = codings
    .filter((coding) => coding !== 'chunked')
    .map((coding) => field('content-encoding', coding));
  if (isChunked) return { fields: [...others, ...more, field('transfer-encoding', 'chunked')], isChunked };
  return more.length > 0 ? { fields: [...others, ...more], isChunked } : framed([...others, ...lengths]);
}

/** Whether there is one field with this value, and no space behind it, which the parser would not take. */
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

/** What is longer than can be counted is too long in any case. @throws UnreadableAnswer */
function lengthOf(fields: Field[]): number | undefined {
  const texts = listOf(fields);
  const numbers = new Set(texts.map((text) => Number(/^[+"]?(\d+)/.exec(text)?.[1] ?? Number.NaN)));
  if (numbers.size > 1) throw new UnreadableAnswer(`it gives several lengths: ${texts.join(' and ')}`);
  const [length] = numbers;
  if (length !== undefined && Number.isNaN(length))
    throw new UnreadableAnswer(`its length cannot be read: ${texts.join(', ').slice(0, 40)}`);
  return length && Math.min(length, Number.MAX_SAFE_INTEGER);
}

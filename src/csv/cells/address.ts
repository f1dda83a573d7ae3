import { errorValue } from './error-values.ts';
import { KnownHosts } from './known-hosts.ts';

/** What a slot holds: an address, nothing, or something else. `host` is '' for the path of a file. */
export type Address = { url: string; host: string } | { none: true } | { why: string };

/** Invisible characters that are part of no address: pasting brings them along. */
export const INVISIBLE = /[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]/u;
const ALL_INVISIBLE = new RegExp(INVISIBLE, 'gu');

/** Entities of HTML and XML, in addresses that were copied out of a page or a feed. */
export const ENTITY = /&(?:amp|quot|apos|lt|gt|nbsp|colon|sol|#\d{1,5}|#x[\da-f]{1,4});/gi;

const NAMED: Record<string, string> = {
  amp: '&',
  quot: '"',
  apos: "'",
  lt: '<',
  gt: '>',
  nbsp: ' ',
  colon: ':',
  sol: '/',
};

const MAX_HOST_CHARACTERS = 260; // RFC 1035 allows 253 for the name; the rest is for a port
export const MAX_URL_CHARACTERS = 2_000;

/**
 * Reads a slot. A damaged address is repaired if it can mean one thing only: `&amp;` becomes `&`, an address that
 * begins with `//` gets https:.
 * @param allowPaths whether a text without a scheme is the path of a file
 */
export function readAddress(slot: string, allowPaths: boolean): Address {
  const raw = slot.trim();
  if (PLAIN.test(raw) && !(raw.includes('&') && raw.includes(';')) && raw.length <= MAX_URL_CHARACTERS)
    return readPlain(raw);
  const url = repaired(raw);
  if (isNothing(url)) return { none: true };
  if (/^data:/i.test(url))
    return { why: 'it is an image encoded as text, not an address; give the address of the image' };
  if (raw.length > MAX_URL_CHARACTERS) return { why: `it has more than ${MAX_URL_CHARACTERS} characters` };
  if (!SCHEME.test(url))
    return allowPaths && !IS_ELSEWHERE.test(url) && errorValue(url) === undefined
      ? { url: raw, host: '' }
      : { why: whyNone(url) };
  if (CONTROL.test(url)) return { why: 'it holds a line break or another control character' };
  return readUrl(url);
}

// Nearly every address: nothing in it needs a repair.
const PLAIN = /^https?:\/\/(?!https?:)[\w!#$%&()*+,./:;=?@[\]~-]+$/i;

const SCHEME = /^[a-z][a-z0-9+.-]+:/i; // a single letter is a drive
const IS_ELSEWHERE = /^(?:www\.|[a-z]:[\\/]|\\\\)/i;

// The URL parser removes some control characters and encodes others. A lone surrogate is no character either.
const CONTROL = /[\0-\x1f\x7f\p{Cs}]/u;

const hosts = new KnownHosts();

function readPlain(text: string): Address {
  const host = hosts.hostOf(text);
  if (host !== undefined) return { url: text, host };
  const read = readUrl(text);
  if ('host' in read) hosts.add(text, read.host);
  return read;
}

function readUrl(text: string): Address {
  const url = URL.parse(text);
  if (!url && /^https?:/i.test(text)) return { why: 'it cannot be read as an address' };
  if (!url || !/^https?:$/.test(url.protocol)) return { why: whyNone(text) };
  if (url.username || url.password) return { why: 'it holds a user name or a password' };
  if (url.host.length > MAX_HOST_CHARACTERS) return { why: 'its host name is too long' };
  return { url: text, host: url.host };
}

/** Why a text is no web address. */
function whyNone(text: string): string {
  const error = errorValue(text);
  if (error !== undefined)
    return `it is an error of the spreadsheet (${error}); correct the formula of the cell`;
  if (/^(?:[a-z]:[\\/]|\\\\|file:)/i.test(text))
    return 'it is the path of a file on a computer; upload the image and give its address, or give minilab process a path from the folder of the CSV';
  if (/^(?:www\.|(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?\/)/i.test(text))
    return `it does not begin with http:// or https://; write https://${text.slice(0, 60)} if you mean that`;
  if (/^hxxp/i.test(text))
    return 'it begins with hxxp, which keeps people from opening it; write http if you mean that';
  return 'it does not begin with http:// or https://';
}

/** The address without the damage that pasting, feeds and spreadsheets do. */
function repaired(raw: string): string {
  let text = raw.replaceAll(ALL_INVISIBLE, '').trim();
  for (let i = 0; i < 3 && text.includes('&'); i += 1) text = text.replaceAll(ENTITY, characterOf); // &amp;amp; too
  if (/^(?:https?:)?\\\/\\\//i.test(text)) text = fromJson(text);
  if (/^https?%3a%2f%2f/i.test(text)) text = decoded(text);
  return text
    .replace(/["'<>\s]{1,9}$/, '')
    .replace(/^(https?)[:：][/／]{2}/i, '$1://')
    .replace(/^(?:https?:\/\/)+(?=https?:\/\/)/i, '')
    .replace(/^\/\/(?=[^/\\\s]+\.)/, 'https://');
}

function characterOf(entity: string): string {
  const name = entity.slice(1, -1).toLowerCase();
  if (!name.startsWith('#')) return NAMED[name] ?? entity;
  const code = name.startsWith('#x') ? parseInt(name.slice(2), 16) : Number(name.slice(1));
  return readable(String.fromCharCode(code)) ?? entity;
}

/** RFC 8259, section 7: `\/` is a slash, `\u0026` an ampersand. */
function fromJson(text: string): string {
  return text.replaceAll('\\/', '/').replaceAll(JSON_CHARACTER, (written) => {
    const codes = written.split('\\u').slice(1);
    return readable(String.fromCharCode(...codes.map((digits) => parseInt(digits, 16)))) ?? written;
  });
}

const JSON_CHARACTER = /\\ud[89ab][\da-f]{2}\\ud[c-f][\da-f]{2}|\\u[\da-f]{4}/gi;

/** Undefined for what no address holds and PostgreSQL does not store: NUL, other control characters, a lone surrogate. */
function readable(character: string): string | undefined {
  return CONTROL.test(character) ? undefined : character;
}

// RFC 3986, section 2.4: what is encoded twice is still encoded after it is decoded once.
const PERCENT_CONTROL = /%([01][\da-f]|7f)/gi;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll(PERCENT_CONTROL, '%25$1'));
  } catch {
    return text;
  }
}

/** Whether a slot holds a placeholder: words with which people and programs say that there is no image. */
export function isNothing(text: string): boolean {
  if (text.length > LONGEST_WORD) return false;
  const word = text.replaceAll(/^["'[(<{\s]+|["'\])>}\s]+$/g, '').toLowerCase();
  return word === '' || PLACEHOLDERS.has(word) || /^[-–—_.?*]+$/.test(word);
}

const LONGEST_WORD = 40;

// `no_selection` is Magento's; `#n/a` and its like are Excel's, `#nv` in German.
const PLACEHOLDERS = new Set(
  `n/a, na, n.a., n.a, n/v, nan, none, null, nil, \\n, undefined, empty, blank, 0, no, false, x, tbd,
tba, tbc, todo, pending, missing, unknown, coming soon, no image, no images, noimage, no-image,
no_image, no photo, no picture, no img, no image available, image not available, not available,
not applicable, no url, without image, no_selection, #n/a, #nv, #ref!, #value!, #name?, #null!,
#div/0!, #num!, keine, kein bild, sin imagen, aucune, pas d’image, pas d'image, nessuna immagine`.split(
    /,\s/,
  ),
);

import { shortened } from '../files.ts';

const MAX_STEM_BYTES = 150; // browsers add " (1)", and file systems allow 255
const TABLE_EXTENSION = /\.(csv|tsv|tab|txt|xlsx|jsonl?|ndjson|xml)$/i;
// Forbidden on Windows, or invisible: control characters, marks of text direction, lone surrogates.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}<>:"/\\|?*%]+/gu;

/**
 * The Content-Disposition of a download that is named after the uploaded file. A name beyond ASCII has the
 * extended form (RFC 8187), and a fallback in ASCII for clients that do not know that form (RFC 6266, 4.3).
 * @param uploaded such as `Katalog Größe.csv` @param what such as `output.csv`
 */
export function downloadAs(uploaded: string, what: string): string {
  const name = [stemOf(uploaded), what].filter(Boolean).join('-');
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .replace(/[^\x20-\x7e]+/g, '_');
  const exact =
    plain === name ? '' : `; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*]/g, asPercent)}`;
  return `attachment; filename="${plain}"${exact}`;
}

/** encodeURIComponent leaves characters as they are that RFC 8187, 3.2.1 does not allow. */
function asPercent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function stemOf(uploaded: string): string {
  const safe = uploaded
    .normalize('NFC')
    .replace(TABLE_EXTENSION, '')
    .replace(UNSAFE, '_')
    .replace(/\s+/g, ' ');
  return shortened(safe, MAX_STEM_BYTES).replace(/^[\s.]+|[\s.]+$/g, '');
}

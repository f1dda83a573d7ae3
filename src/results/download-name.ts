import { shortened } from './names.ts';

const MAX_STEM_BYTES = 150; // browsers add " (1)", and file systems take 255
const TABLE_EXTENSION = /\.(csv|tsv|tab|txt)$/i;
// Not allowed on Windows, or not shown: controls, marks that turn the direction of a text, halves of characters.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}<>:"/\\|?*%]+/gu;

/**
 * The Content-Disposition of a download: named after the file that was uploaded, in the form for every
 * letter (RFC 8187) and with a plain one for clients that do not know it (RFC 6266, 4.3).
 * @param uploaded `Katalog Größe.csv` @param what `output.csv`
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

/** encodeURIComponent leaves some signs that RFC 8187, 3.2.1 does not. */
function asPercent(sign: string): string {
  return `%${sign.charCodeAt(0).toString(16).toUpperCase()}`;
}

function stemOf(uploaded: string): string {
  const safe = uploaded
    .normalize('NFC')
    .replace(TABLE_EXTENSION, '')
    .replace(UNSAFE, '_')
    .replace(/\s+/g, ' ');
  return shortened(safe, MAX_STEM_BYTES).replace(/^[\s.]+|[\s.]+$/g, '');
}

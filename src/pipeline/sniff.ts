import { reasonForPage } from '../net/share-links.ts';
import { ImageProblem } from './problems.ts';

/** The formats that are decoded: those that libvips reads safely enough. */
export type SourceFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'tiff' | 'avif';

/** The kind of a file, by its first bytes. */
export type Sniffed =
  | { is: 'image'; format: SourceFormat }
  | { is: 'other_image'; name: string }
  | { is: 'web_page' }
  | { is: 'text' }
  | { is: 'unknown' };

/** How many bytes `sniff` needs; a shorter file is enough. */
export const SNIFF_BYTES = 256;

/**
 * Detects a file's format from its first bytes; file names and content types are ignored.
 * Signatures: WHATWG MIME Sniffing Standard, section 6.1; ISO/IEC 23008-12 for the brands of AVIF and HEIC.
 */
export function sniff(head: Buffer): Sniffed {
  const text = head.toString('latin1');
  const format = IMAGES.find(([, signature]) => signature.test(text))?.[0];
  if (format) return { is: 'image', format };
  if (isAvifByCompatibility(head)) return { is: 'image', format: 'avif' };
  const other = OTHERS.find(([, signature]) => signature.test(text))?.[0];
  if (other) return { is: 'other_image', name: other };
  const isText = text !== '' && !/[\0-\x08\x0e-\x1a\x1c-\x1f]/.test(text);
  if (isText && /<(!doctype html|html|head|body|script|title|meta)\b/i.test(text)) return { is: 'web_page' };
  return { is: isText ? 'text' : 'unknown' };
}

/**
 * Whether a file whose first brand is a general HEIF one lists AVIF among its compatible brands
 * (ISO/IEC 14496-12, 4.3: the box ftyp holds a brand, a version, and a list of brands).
 */
function isAvifByCompatibility(head: Buffer): boolean {
  if (head.length < 16 || !/^ftyp(mif1|msf1|miaf)$/.test(head.toString('latin1', 4, 12))) return false;
  const brands = head.toString('latin1', 16, Math.min(head.readUInt32BE(0), head.length));
  return (brands.match(/[^]{4}/g) ?? []).some((brand) => brand === 'avif' || brand === 'avis');
}

/**
 * The format of an image. Only a decoder reads more of a file than this signature.
 * @param url where the bytes were downloaded: it explains why there is a web page instead; left out for a file
 * @throws ImageProblem `not_an_image`, `unsupported_format`
 */
export function imageFormat(head: Buffer, url?: string): SourceFormat {
  const found = sniff(head.subarray(0, SNIFF_BYTES));
  switch (found.is) {
    case 'image':
      return found.format;
    case 'other_image':
      throw new ImageProblem('unsupported_format', found.name);
    case 'web_page':
      throw new ImageProblem('not_an_image', webPage(head, url));
    case 'text':
      throw new ImageProblem('not_an_image', `${url === undefined ? 'it is' : 'it leads to'} a text file`);
    case 'unknown':
      throw new ImageProblem(
        'not_an_image',
        head.length === 0 ? 'the file is empty' : 'the file is of another kind',
      );
  }
}

function webPage(head: Buffer, url: string | undefined): string {
  if (url === undefined) return 'it is a web page';
  const reason = reasonForPage(new URL(url), head);
  return reason === undefined ? 'it leads to a web page' : `it leads to a web page ${reason}`;
}

const IMAGES: readonly (readonly [SourceFormat, RegExp])[] = [
  ['jpeg', /^\xff\xd8\xff/],
  ['png', /^\x89PNG\r\n\x1a\n/],
  ['webp', /^RIFF[^]{4}WEBPVP8/],
  ['gif', /^GIF8[79]a/],
  ['tiff', /^(II\x2a\0|MM\0\x2a)/],
  ['avif', /^[^]{4}ftyp(avif|avis)/],
];

const OTHERS: readonly (readonly [string, RegExp])[] = [
  ['AVIF or HEIF of an unknown brand', /^[^]{4}ftyp(mif1|msf1)/],
  ['HEIC', /^[^]{4}ftyp(heic|heix|heim|heis|hevc|hevx)/],
  ['JPEG XL', /^(\xff\x0a|\0\0\0\x0cJXL )/],
  ['JPEG 2000', /^\0\0\0\x0cjP {2}/],
  ['BMP', /^BM[^]{12}[\x0c\x28\x6c\x7c]\0\0\0/],
  ['PSD', /^8BPS/],
  ['ICO', /^\0\0[\x01\x02]\0[\x01-\x20]\0/],
  ['BigTIFF', /^(II\x2b\0|MM\0\x2b)/],
  ['PDF', /^%PDF-/],
  ['SVG', /^(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?(<!--(?:(?!-->)[^])*-->\s*)*(<!doctype svg[^]*)?<svg\b/i],
];

/** Recognises cells that hold addresses of images, for columns whose names do not say so. */
import type { Columns } from './columns.ts';
import type { TableRow } from '../records.ts';

export type AddressRules = {
  /** whether the path of a file counts as an address: `minilab process` and `check` only */
  allowPaths: boolean;
};

// Alone, in a list, or in a JSON array; `//cdn.shop.example/1.jpg` inherits the scheme of its page.
const ADDRESS = /^[\s["'(]*(?:https?:)?\/\/[^\s/]+/i;
const IMAGE_FILE = /\.(?:jpe?g|jfif|png|webp|gif|avif|tiff?|bmp|hei[cf])(?![a-z0-9])/i;
const OTHER_FILE = /\.(?:html?|php|aspx?|pdf|mp4|mov|webm|m3u8|zip|csv|xml|json)(?![a-z0-9])/i;
const IMAGE_NAME =
  /image|img|photo|foto|pict|\bpic|bild|imagen|immagin|afbeeld|zdj|galer|galler|thumb|swatch/i;
const IMAGE_HOST = new RegExp(
  [
    'cdn\\.shopify\\.com',
    'media-amazon\\.com',
    'ssl-images-amazon\\.com',
    'ebayimg\\.com',
    'etsystatic\\.com',
    'walmartimages\\.com',
    'cloudinary\\.com',
    'imgix\\.net',
    'wixstatic\\.com',
    'images\\.squarespace-cdn\\.com',
    'googleusercontent\\.com',
    'allegroimg\\.com',
    'alicdn\\.com',
    '/(?:images?|imgs?|photos?|pictures?|bilder)/',
  ].join('|'),
  'i',
);

/** Whether a cell begins with an address. */
export function holdsAddress(cell: string, { allowPaths }: AddressRules): boolean {
  return (mayBegin(cell.charCodeAt(0)) && ADDRESS.test(cell)) || (allowPaths && isPath(cell));
}

/** A cheap test for each cell of a million rows: an address begins with a mark, a space, `h` or `[`. */
function mayBegin(character: number): boolean {
  return character < 0x30 || (character | 0x20) === 0x68 || character === 0x5b;
}

function isPath(cell: string): boolean {
  return cell.length <= LONGEST_PATH && IMAGE_FILE.test(cell) && !/[<>{}]/.test(cell);
}

const LONGEST_PATH = 500;

/**
 * Whether a cell holds addresses of images: by the file's extension, the name of the column, or a host or folder that
 * serves images. Links to product pages and videos do not count.
 * @param name of the column
 */
export function holdsImages(cell: string, name: string, rules: AddressRules): boolean {
  if (!holdsAddress(cell, rules)) return false;
  if (IMAGE_FILE.test(cell)) return true;
  return !OTHER_FILE.test(cell) && (IMAGE_NAME.test(name) || IMAGE_HOST.test(cell));
}

/**
 * Leaves out image columns whose first cells hold something else (`Photo`: "front", "yes"), if other image columns
 * remain.
 */
export function withoutOtherCells(columns: Columns, rows: TableRow[]): Columns {
  const images = columns.images.filter((i) => {
    const filled = rows.map(({ cells }) => (cells[i] ?? '').trim()).filter((cell) => cell !== '');
    return filled.length === 0 || filled.some((cell) => ATTEMPT.test(cell));
  });
  const isChanged = images.length > 0 && images.length < columns.images.length;
  if (!isChanged) return columns;
  const isLast = images.includes(Math.max(...columns.images));
  return { ...columns, images, spill: isLast ? columns.spill : undefined };
}

// An address, even a mistyped one, or the path of a file; not "N/A", "3", "see p. 7".
const ATTEMPT = /:\/|^\/\/|\w\.\w{2,5}(?:\W|$)/;

import { type Flaw, Problem } from '../errors.ts';

/** Which column holds what, by index from 0. */
export type Columns = {
  images: number[];
  name: number | undefined;
  sku: number | undefined;
  serial: number | undefined;
  preset: number | undefined;
  width: number | undefined;
  height: number | undefined;
  quality: number | undefined;
  format: number | undefined;
  /** The columns from here on may hold more URLs of the row, because the URL column is the last named one. */
  spill: number | undefined;
};

const MAX_COLUMNS = 200;

// As users write them, without case, spaces and punctuation; the first that is there counts.
const ALIASES = {
  images: [
    'inputimageurls',
    'inputimageurl',
    'imageurls',
    'imageurl',
    'images',
    'imagesrc',
    'image',
    'imagelink',
    'baseimage',
  ],
  name: ['productname', 'product', 'title', 'name'],
  sku: ['sku', 'variantsku', 'productsku', 'handle', 'id'],
  preset: ['preset'],
  width: ['width', 'imagewidth', 'outputwidth'],
  height: ['height', 'imageheight', 'outputheight'],
  quality: ['quality', 'imagequality'],
  format: ['format', 'imageformat', 'outputformat'],
  serial: ['sno', 'srno', 'serialno', 'serialnumber', 'serial', 'no'],
} as const satisfies Record<string, readonly string[]>;

/**
 * Finds the columns that Minilab needs. Only the URL column must be there.
 * @throws Problem `csv_invalid`
 */
export function readHeader(cells: string[], line: number): Columns {
  const flaws = headerFlaws(cells, line);
  const keys = cells.map(keyOf);
  const find = (aliases: readonly string[]): number | undefined => {
    const alias = aliases.find((name) => keys.includes(name));
    return alias === undefined ? undefined : keys.indexOf(alias);
  };
  const images = find(ALIASES.images);
  if (images === undefined) flaws.push(noImageColumn(cells, line));
  if (flaws.length > 0 || images === undefined)
    throw new Problem('csv_invalid', { detail: flaws[0]?.detail ?? '', flaws });
  const isLast = keys.slice(images + 1).every((key) => key === '');
  return {
    images: [images],
    name: find(ALIASES.name),
    sku: find(ALIASES.sku),
    serial: find(ALIASES.serial),
    preset: find(ALIASES.preset),
    width: find(ALIASES.width),
    height: find(ALIASES.height),
    quality: find(ALIASES.quality),
    format: find(ALIASES.format),
    spill: isLast ? images + 1 : undefined,
  };
}

function keyOf(cell: string): string {
  return cell.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

function headerFlaws(cells: string[], line: number): Flaw[] {
  if (cells.length <= MAX_COLUMNS) return [];
  return [
    {
      line,
      code: 'too_many_columns',
      detail: `The header has ${cells.length} columns; at most ${MAX_COLUMNS} are read.`,
    },
  ];
}

function noImageColumn(cells: string[], line: number): Flaw {
  const names = cells.map((cell) => `"${cell.trim().slice(0, 40)}"`).slice(0, 10);
  const looksLikeData = cells.some((cell) => /^\s*https?:\/\//i.test(cell));
  const hint = looksLikeData
    ? 'The first line looks like data: put a header line such as "S. No.,Product Name,Input Image Urls" above it.'
    : `Name one of the columns "Input Image Urls"; this file has ${names.join(', ')}.`;
  return { line, code: 'no_image_column', detail: `No column of image URLs was found. ${hint}` };
}

/** The products of bench/tables.ts, and the files that hold them. */
import { open } from 'node:fs/promises';

type Product = {
  id: string;
  title: string;
  price: number;
  brand: string;
  image_link: string;
  additional_image_link: string[];
  description: string;
};

export function product(i: number): Product {
  const image = (n: number): string => `https://cdn.shop.example/catalogue/${i}/${n}.jpg`;
  return {
    id: String(i).padStart(8, '0'),
    title: `Product ${i}, with a name as shops write it`,
    price: 12.5 + (i % 7),
    brand: 'A "good" brand',
    image_link: image(1),
    additional_image_link: [image(2), image(3)],
    description: 'Some words about the product, of which there are as many as in a short description.',
  };
}

export const KEYS = Object.keys(product(0)) as (keyof Product)[];

export const cellsOf = (each: Product): string[] => KEYS.map((key) => String(each[key]));
const quoted = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;

export const FORMATS = {
  csv: {
    before: `${KEYS.join(',')}\n`,
    row: (each: Product) => cellsOf(each).map(quoted).join(','),
    after: '',
  },
  ndjson: { before: '', row: (each: Product) => JSON.stringify(each), after: '' },
  json: {
    before: '[',
    row: (each: Product, i: number) => (i > 0 ? ',' : '') + JSON.stringify(each),
    after: ']',
  },
  xml: {
    before: '<?xml version="1.0"?><rss xmlns:g="http://base.google.com/ns/1.0"><channel>',
    row: (each: Product) =>
      `<item>${KEYS.flatMap((key) => [each[key]].flat().map((text) => `<g:${key}>${text}</g:${key}>`)).join('')}</item>`,
    after: '</channel></rss>',
  },
};

export type FormatName = keyof typeof FORMATS;

export async function writeTable(path: string, format: FormatName, rows: number): Promise<void> {
  const { before, row, after } = FORMATS[format];
  await using file = await open(path, 'w');
  let text = before;
  for (let i = 0; i < rows; i += 1) {
    text += `${row(product(i), i)}\n`;
    if (text.length < 2 ** 20) continue;
    await file.writeFile(text);
    text = '';
  }
  await file.writeFile(text + after);
}

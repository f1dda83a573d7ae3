import { type Static, Type } from 'typebox';

/** Which column holds what, by index from 0. */
export type Columns = {
  /** in the order of the positions that their URLs get */
  images: number[];
  name: number | undefined;
  /** what names a product, best first: SKU, handle, id */
  sku: number[];
  serial: number | undefined;
  preset: number | undefined;
  width: number | undefined;
  height: number | undefined;
  quality: number | undefined;
  format: number | undefined;
  /** The columns from here on may hold more URLs of the row, because the last URL column is the last named one. */
  spill: number | undefined;
};

const ColumnName = Type.Union([Type.String({ minLength: 1 }), Type.Null()]);

/** Which column of the header holds what, where its name does not say it; null: none does. */
export const ColumnMapping = Type.Object(
  {
    images: Type.Optional(
      Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })]),
    ),
    name: Type.Optional(ColumnName),
    sku: Type.Optional(ColumnName),
    serial: Type.Optional(ColumnName),
    preset: Type.Optional(ColumnName),
    width: Type.Optional(ColumnName),
    height: Type.Optional(ColumnName),
    quality: Type.Optional(ColumnName),
    format: Type.Optional(ColumnName),
  },
  { additionalProperties: false },
);
export type ColumnMapping = Static<typeof ColumnMapping>;

/** A name as it is compared: without case, spaces and punctuation. */
export function keyOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/**
 * Finds the columns by the names that users and shops give them; the first alias that is there counts.
 * @param keys the header, see keyOf
 */
export function columnsByAlias(keys: readonly string[]): Columns {
  const one = (aliases: readonly string[]): number | undefined =>
    aliases.map((alias) => keys.indexOf(alias)).find((column) => column >= 0);
  const isDimension = PRODUCT_DIMENSIONS.some((name) => keys.includes(name));
  const side = (name: 'width' | 'height'): number | undefined =>
    one([`output${name}`, `image${name}`, ...(isDimension ? [] : [name])]);
  return {
    images: imageColumns(keys),
    name: one(NAME_ALIASES),
    sku: SKU_ALIASES.map((alias) => keys.indexOf(alias)).filter((column) => column >= 0),
    serial: one(SERIAL_ALIASES),
    preset: one(['preset']),
    width: side('width'),
    height: side('height'),
    quality: one(['quality', 'imagequality']),
    format: one(['format', 'imageformat', 'outputformat']),
    spill: undefined,
  };
}

/**
 * The first alias, and those that go with it, each also repeated and numbered: `Image 1`, `Image 2`.
 * The main image comes first, wherever its column stands.
 */
function imageColumns(keys: readonly string[]): number[] {
  const named = keys.map((key) => key.replace(/\d+$/, ''));
  for (const aliases of IMAGE_ALIASES) {
    const columns = aliases.flatMap((alias) => [...named.keys()].filter((i) => named[i] === alias));
    if (columns.length > 0) return columns;
  }
  return [];
}

// The most telling first. Those of one line are read together.
const IMAGE_ALIASES = [
  ['inputimageurls'],
  ['inputimageurl'],
  ['imageurls'],
  ['imageurlsxyz'], // PrestaShop: Image URLs (x,y,z...)
  ['mainimageurl', 'otherimageurl'], // Amazon
  ['productimageurl'], // Shopify, since 2024
  ['imageurl'],
  ['imagesrc'], // Shopify
  ['imagelink', 'additionalimagelink', 'additionalimagelinks'], // Google
  ['baseimage', 'additionalimages'], // Magento
  ['images'], // WooCommerce
  ['image'],
  ['pictureurl'],
  ['photourl'],
] as const;

const NAME_ALIASES = ['productname', 'product', 'title', 'name', 'itemname'];
const SKU_ALIASES = [
  ...['sku', 'variantsku', 'productsku', 'itemsku', 'reference'],
  ...['handle', 'urlhandle', 'productid', 'itemid', 'id'],
];
const SERIAL_ALIASES = ['sno', 'srno', 'slno', 'serialno', 'serialnumber', 'serial', 'no'];

// Beside one of these, Width and Height are those of the product in its box (PrestaShop, WooCommerce).
const PRODUCT_DIMENSIONS = ['depth', 'length', 'weight'];

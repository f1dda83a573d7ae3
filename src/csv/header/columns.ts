import { type Static, Type } from 'typebox';
import { words } from '../words.ts';
import { imageColumns } from './image-columns.ts';

/** The columns of each role, as indexes from 0. */
export type Columns = {
  /** in the order of the positions of their URLs */
  images: number[];
  name: number | undefined;
  /** columns that identify the product, best first: SKU, handle, id */
  sku: number[];
  serial: number | undefined;
  preset: number | undefined;
  width: number | undefined;
  height: number | undefined;
  quality: number | undefined;
  format: number | undefined;
  /** From this column on, cells may hold more URLs of the row: the last named column is an image column. */
  spill: number | undefined;
};

const ColumnName = Type.Union([Type.String({ minLength: 1 }), Type.Null()]);

/** The user's own assignment of columns to roles, by name; null: no column has this role. */
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

/** The form in which names of columns are compared: without case, spaces and punctuation. */
export function columnKey(name: string): string {
  return name
    .replaceAll(AMAZON_QUALIFIERS, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}

// Amazon's templates since 2024: `main_product_image_locator[marketplace_id=ATVPDKIKX0DER]#1.media_location`
const AMAZON_QUALIFIERS = /\[\w+=[^[\]]*\]|#\d+\.\w+$/g;

/** Whether `output.csv` writes this column itself. People upload their output again. */
export function isOurColumn(name: string): boolean {
  return /^\s*(output image urls( \(.*\))?|status|errors|check \([a-z][a-z0-9-]*\))\s*$/i.test(name);
}

/** Whether a column holds the renditions that an earlier `output.csv` names. */
export function isOutputColumn(name: string): boolean {
  return /^\s*output image urls( \(.*\))?\s*$/i.test(name);
}

/**
 * Finds columns by the names that users and shops give them. The first alias that matches wins.
 * @param keys of the header; see columnKey
 */
export function columnsByAlias(keys: readonly string[]): Columns {
  const one = (aliases: readonly string[]): number | undefined =>
    aliases.map((alias) => keys.indexOf(alias)).find((column) => column >= 0);
  const isProductDimension = PRODUCT_DIMENSIONS.some((name) => keys.includes(name));
  const side = (name: 'width' | 'height'): number | undefined =>
    one([
      `output${name}`,
      `image${name}`,
      `${name}px`,
      `${name}pixels`,
      `${name}inpixels`,
      `pixel${name}`,
      ...(isProductDimension ? [] : [name]),
    ]);
  return {
    images: imageColumns(keys),
    name: one(NAME_ALIASES),
    sku: SKU_ALIASES.map((alias) => keys.indexOf(alias)).filter((column) => column >= 0),
    serial: one(SERIAL_ALIASES),
    preset: one(['outputpreset', 'imagepreset', 'preset']),
    width: side('width'),
    height: side('height'),
    quality: one(['outputquality', 'imagequality', 'quality']),
    format: one(['outputformat', 'imageformat', 'format']),
    spill: undefined,
  };
}

const NAME_ALIASES = words(`
  productname product title name itemname produktname artikelname bezeichnung titel titre nom titulo
  título nombre titolo nome naam productnaam tytuł nazwa
`);
// With the names of Amazon, eBay and BigCommerce.
const SKU_ALIASES = words(`
  sku variantsku productsku itemsku reference sellersku contributionsku customlabelsku customlabel
  productcodesku handle urlhandle productid itemid id
`);
const SERIAL_ALIASES = words('sno srno slno serialno serialnumber serial no');

// Next to one of these, Width and Height are those of the packaged product (PrestaShop, WooCommerce).
const PRODUCT_DIMENSIONS = ['depth', 'length', 'weight'];

import { type Static, Type } from 'typebox';
import { imageColumns } from './image-columns.ts';

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
  return name
    .replaceAll(AMAZON_QUALIFIERS, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '');
}

// Amazon's templates since 2024: `main_product_image_locator[marketplace_id=ATVPDKIKX0DER]#1.media_location`
const AMAZON_QUALIFIERS = /\[\w+=[^[\]]*\]|#\d+\.\w+$/g;

/** A column that `output.csv` writes itself: people upload their output again. */
export function isOurColumn(name: string): boolean {
  return /^\s*(output image urls( \(.*\))?|status|errors)\s*$/i.test(name);
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
    one([
      ...[`output${name}`, `image${name}`, `${name}px`, `${name}pixels`, `${name}inpixels`, `pixel${name}`],
      ...(isDimension ? [] : [name]),
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

const NAME_ALIASES = [
  ...['productname', 'product', 'title', 'name', 'itemname'],
  ...['produktname', 'artikelname', 'bezeichnung', 'titel', 'titre', 'nom', 'titulo', 'título', 'nombre'],
  ...['titolo', 'nome', 'naam', 'productnaam', 'tytuł', 'nazwa'],
];
const SKU_ALIASES = [
  ...['sku', 'variantsku', 'productsku', 'itemsku', 'reference'],
  ...['sellersku', 'contributionsku', 'customlabelsku', 'customlabel', 'productcodesku'], // Amazon, eBay, BigCommerce
  ...['handle', 'urlhandle', 'productid', 'itemid', 'id'],
];
const SERIAL_ALIASES = ['sno', 'srno', 'slno', 'serialno', 'serialnumber', 'serial', 'no'];

// Beside one of these, Width and Height are those of the product in its box (PrestaShop, WooCommerce).
const PRODUCT_DIMENSIONS = ['depth', 'length', 'weight'];

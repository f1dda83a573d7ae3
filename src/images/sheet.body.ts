import { type Static, Type } from 'typebox';
import { Nullable } from '../http/nullable.ts';
import { publicId } from '../ids.ts';
import { PUBLIC_IMAGE_STATES } from './image.ts';
import type { SheetRow } from './sheet.queries.ts';
import { Thumb, thumbBody, type ThumbUrls } from './thumb.ts';

export const ProductOfImage = Type.Object(
  {
    name: Type.String(),
    sku: Nullable(Type.String()),
    images: Type.Integer({ description: 'How many slots the row has' }),
  },
  { 'x-name': 'ProductOfImage' },
);

/** An image in a contact sheet of thousands. */
export const SheetImage = Type.Object(
  {
    id: Type.String(),
    slot: Type.Integer({ description: 'In the batch, from 1' }),
    row: Type.Integer({ description: 'Row of the CSV below its header, from 1' }),
    position: Type.Integer({ description: 'In the row, from 1' }),
    state: Type.Enum([...PUBLIC_IMAGE_STATES]),
    error_code: Nullable(Type.String()),
    product: ProductOfImage,
    thumb: Nullable(Thumb),
    saved_percent: Nullable(
      Type.Number({
        description: 'How much smaller the first rendition is than the source; negative where it is larger',
      }),
    ),
  },
  { 'x-name': 'SheetImage' },
);

export function sheetBody(row: SheetRow, urls: ThumbUrls): Static<typeof SheetImage> {
  const { token, hash16, files } = row;
  return {
    id: publicId('img', row.image_id),
    slot: row.slot,
    row: row.row_number,
    position: row.position,
    state: row.state,
    error_code: row.error_code,
    product: { name: row.product_name, sku: row.sku, images: row.product_images },
    thumb: thumbBody(hash16 === null ? undefined : { token, setId: hash16 }, files, urls),
    saved_percent: savedPercent(row),
  };
}

function savedPercent({ source_bytes: before, files: [first] }: SheetRow): number | null {
  if (before === null || before === 0 || !first) return null;
  return Math.round(1000 * (1 - first.bytes / before)) / 10;
}

import type { ImageState } from '../../images/image.ts';
import type { FileMeasures } from '../../pipeline/file-measures.ts';
import type { Measures } from '../../pipeline/measures.ts';

/** `file`: undefined: it is not known, or there is none. */
export type PictureSlot = { slot: number; hash16: string | null; file: PictureFile | undefined };

/** What is checked of an image. */
export type Picture = PictureSlot & {
  position: number;
  recipe: number;
  url: string;
  host: string;
  is_placeholder: boolean;
  product: PictureProduct | undefined;
};

/** `category`: the cell of its category; null: there is no such column. */
export type PictureProduct = {
  label: string;
  sku: string | null;
  name: string;
  category: string | null | undefined;
};

/** The file that is checked. `ordinal`: of the rendition, from 1. */
export type PictureFile = {
  format: string;
  width: number;
  height: number;
  bytes: number;
  /** of an output only where a rule was to be met: FileMeasures */
  measures: Measures | FileMeasures | null;
  ordinal: number;
};

export type PictureRow = Picture & {
  row_number: number;
  state: ImageState;
  error_code: string | null;
};

import type { Category } from './category.ts';

/**
 * What is known of a picture. A field that is undefined was not measured: a rule about it is `unknown`, never met.
 * pipeline/measures.ts defines the measures.
 */
export type PictureFacts = {
  /** in its product, from 1: the main picture */
  position: number;
  /** undefined: a local file, which has none */
  url: string | undefined;
  category: Category | undefined;
  /** undefined: it was not downloaded */
  file: FileFacts | undefined;
  /** it is, or looks like, a sign for a missing picture */
  isPlaceholder: boolean | undefined;
  /** the same picture stands in another slot of its product */
  isTwice: boolean | undefined;
};

/** Sizes in pixels and bytes. */
export type FileFacts = {
  format: string;
  width: number;
  height: number;
  /** whether width and height are those of the upright picture */
  isUpright: boolean;
  bytes: number;
  measures: Partial<PictureMeasures> | undefined;
};

export type PictureMeasures = {
  background: string;
  plain: boolean;
  object: { width: number; height: number } | null;
  fill: number | null;
  touches: readonly string[];
  empty: boolean;
  transparent: boolean;
  jpeg_quality: number | null;
  sharpness: number | null;
  colours: string;
  bits: number;
  moving: boolean;
};

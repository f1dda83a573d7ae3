/** Sides of more than this are refused by the decoder too (VIPS_MAX_COORD); of 7,244 real files none had one. */
export const MAX_SIDE = 16_384;
/** 100 megapixels: the largest medium-format cameras; 400 MB when decoded to RGBA. */
export const MAX_PIXELS = 100_000_000;

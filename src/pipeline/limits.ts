/** The longest side of a source, in pixels. libvips enforces it as well (VIPS_MAX_COORD). Of 7,244 real files none exceeded it. */
export const MAX_SIDE = 16_384;
/** 100 megapixels: the largest medium-format cameras have as many. Decoded to RGBA they take 400 MB. */
export const MAX_PIXELS = 100_000_000;

/** The one rendition of the end-to-end benchmark: 1200 px on the longer side, JPEG quality 80. */
export const SIDE = 1200;
export const QUALITY = 80;

/** What a decoder says of a usual photograph of a product, without a photograph. */
import type { Facts } from '../src/pipeline/decoder-protocol.ts';
import type { Content } from '../src/pipeline/measures.ts';

export const FACTS: Facts = {
  format: 'jpeg',
  width: 2400,
  height: 1800,
  isInterlaced: false,
  mayHoldXmp: false,
  jpegQuality: 85,
};

export const CONTENT: Omit<Content, 'lookHash'> = {
  width: 2400,
  height: 1800,
  measures: {
    v: 1,
    measured: { width: 1200, height: 900 },
    background: '#fefefe',
    border_white: 0.97,
    border_uniform: 0.99,
    plain: true,
    object: { left: 420, top: 210, width: 1480, height: 1390 },
    fill: 0.77,
    fill_box: 0.48,
    touches: [],
    empty: false,
    transparent: false,
    grey: false,
    jpeg_quality: 85,
    sharpness: 0.41,
    ai: false,
    moving: false,
    chroma: [121.5, 134.25],
    colour_count: 65,
    colours: 'rgb',
    bits: 8,
  },
};

export const RENDITION = {
  name: 'main',
  width: 1200,
  height: 900,
  bytes: 120_000,
  format: 'jpeg',
  extension: 'jpg',
};

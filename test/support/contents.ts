import { type Content, type Measures, MEASURES_VERSION } from '../../src/pipeline/measures.ts';

/** Of a picture of 100 x 100 pixels: an object of 80 x 50 on white. */
export function anyContent(measures: Partial<Measures> = {}): Content {
  return {
    width: 100,
    height: 100,
    lookHash: '0123456789abcdef'.repeat(4),
    measures: {
      v: MEASURES_VERSION,
      measured: { width: 100, height: 100 },
      background: '#ffffff',
      border_white: 1,
      border_uniform: 1,
      plain: true,
      object: { left: 10, top: 25, width: 80, height: 50 },
      fill: 0.8,
      fill_box: 0.4,
      touches: [],
      empty: false,
      transparent: false,
      grey: false,
      jpeg_quality: 80,
      sharpness: 0.4,
      ai: false,
      moving: false,
      colours: 'rgb',
      bits: 8,
      chroma: [0, 0],
      ...measures,
    },
  };
}

import type { FileFacts, PictureFacts, PictureMeasures } from '../../src/channels/facts.ts';

type Change = Partial<Omit<PictureFacts, 'file'>> & { file?: Partial<FileFacts> | null } & {
  measures?: Partial<PictureMeasures>;
};

/** A main picture of 2000 x 2000 pixels that nearly every channel passes, changed. */
export function anyFacts({ file, measures, ...change }: Change = {}): PictureFacts {
  const size = { format: 'jpeg', width: 2600, height: 2600, isUpright: true, bytes: 1_000_000 };
  return {
    position: 1,
    url: 'https://shop.example/1.jpg',
    category: undefined,
    isPlaceholder: undefined,
    isTwice: undefined,
    file: file === null ? undefined : { ...size, measures: { ...MEASURES, ...measures }, ...file },
    ...change,
  };
}

const MEASURES: PictureMeasures = {
  background: '#ffffff',
  plain: true,
  object: { width: 2288, height: 1500 },
  fill: 0.88,
  touches: [],
  empty: false,
  transparent: false,
  jpeg_quality: 92,
  sharpness: 0.4,
  colours: 'rgb',
  bits: 8,
  moving: false,
};

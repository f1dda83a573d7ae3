import type { PictureFacts } from '../../src/channels/facts.ts';
import type { RuleId, RuleInput } from '../../src/channels/rule.ts';
import { anyFacts } from './facts.ts';

/** A picture with sides, upright, whose object fills it. */
const sized = (width: number, height: number): PictureFacts =>
  anyFacts({ file: { width, height }, measures: {} });

type Case = { rule: RuleInput; met: PictureFacts[]; unmet: [facts: PictureFacts, words: string][] };

const withFile = (file: Parameters<typeof anyFacts>[0] & object) => anyFacts(file);

/** Both sides of the limit of every rule. */
export const CASES: Record<RuleId, Case> = {
  min_sides: {
    rule: { rule: 'min_sides', of: 'both_sides', at_least: 500 },
    met: [sized(500, 900)],
    unmet: [[sized(499, 900), 'min_sides 499 < 500']],
  },
  max_sides: {
    rule: { rule: 'max_sides', of: 'longer_side', at_most: 9000 },
    met: [sized(9000, 10)],
    unmet: [[sized(10, 9001), 'max_sides of longer_side 9001 > 9000']],
  },
  max_pixels: {
    rule: { rule: 'max_pixels', at_most: 64_000_000 },
    met: [sized(8000, 8000)],
    unmet: [[sized(8000, 8001), 'max_pixels 64008000 > 64000000']],
  },
  min_bytes: {
    rule: { rule: 'min_bytes', at_least: 30_000 },
    met: [withFile({ file: { bytes: 30_000 } })],
    unmet: [[withFile({ file: { bytes: 29_999 } }), 'min_bytes 29999 < 30000']],
  },
  max_bytes: {
    rule: { rule: 'max_bytes', at_most: 16_000_000 },
    met: [withFile({ file: { bytes: 16_000_000 } })],
    unmet: [[withFile({ file: { bytes: 16_000_001 } }), 'max_bytes 16000001 > 16000000']],
  },
  format: {
    rule: { rule: 'format', one_of: ['jpeg', 'png'] },
    met: [withFile({ file: { format: 'png' } })],
    unmet: [[withFile({ file: { format: 'gif' } }), 'format gif, not jpeg/png']],
  },
  aspect: {
    rule: { rule: 'aspect', ratio: 1 },
    met: [sized(1010, 1000), sized(1000, 1009)],
    unmet: [[sized(1011, 1000), 'aspect 1.011, not 1']],
  },
  background_white: {
    rule: { rule: 'background_white' },
    met: [anyFacts()],
    unmet: [
      [anyFacts({ measures: { background: '#fefefe' } }), 'background_white #fefefe, not #ffffff'],
      [anyFacts({ measures: { plain: false } }), 'background_white a scene, not #ffffff'],
    ],
  },
  plain: {
    rule: { rule: 'plain' },
    met: [anyFacts()],
    unmet: [[anyFacts({ measures: { plain: false } }), 'plain a scene, not plain']],
  },
  fill: {
    rule: { rule: 'fill', at_least: 0.85, at_most: 0.9 },
    met: [anyFacts({ measures: { fill: 0.85 } }), anyFacts({ measures: { fill: 0.9 } })],
    unmet: [
      [anyFacts({ measures: { fill: 0.84 } }), 'fill 0.84 < 0.85'],
      [anyFacts({ measures: { fill: 0.91 } }), 'fill 0.91 > 0.9'],
    ],
  },
  cut_off: {
    rule: { rule: 'cut_off' },
    met: [anyFacts()],
    unmet: [[anyFacts({ measures: { touches: ['top', 'left'] } }), 'cut_off top/left, not none']],
  },
  not_empty: {
    rule: { rule: 'not_empty' },
    met: [anyFacts()],
    unmet: [[anyFacts({ measures: { empty: true } }), 'not_empty empty, not an object']],
  },
  not_transparent: {
    rule: { rule: 'not_transparent' },
    met: [anyFacts()],
    unmet: [[anyFacts({ measures: { transparent: true } }), 'not_transparent transparent, not opaque']],
  },
  jpeg_quality: {
    rule: { rule: 'jpeg_quality', at_least: 90 },
    met: [anyFacts({ measures: { jpeg_quality: 90 } }), anyFacts({ file: { format: 'png' } })],
    unmet: [[anyFacts({ measures: { jpeg_quality: 89 } }), 'jpeg_quality 89 < 90']],
  },
  colour_space: {
    rule: { rule: 'colour_space', one_of: ['rgb'], at_most: 8 },
    met: [anyFacts()],
    unmet: [
      [anyFacts({ measures: { colours: 'cmyk' } }), 'colour_space cmyk, not rgb'],
      [anyFacts({ measures: { bits: 16 } }), 'colour_space 16 bits, not 8 bits'],
    ],
  },
  not_moving: {
    rule: { rule: 'not_moving' },
    met: [anyFacts()],
    unmet: [[anyFacts({ measures: { moving: true } }), 'not_moving moving, not still']],
  },
  url_https: {
    rule: { rule: 'url_https' },
    met: [anyFacts()],
    unmet: [[anyFacts({ url: 'http://shop.example/1.jpg' }), 'url_https http, not https']],
  },
  url_port: {
    rule: { rule: 'url_port', one_of: [80, 443, 8080] },
    met: [
      anyFacts(),
      anyFacts({ url: 'http://shop.example/1.jpg' }),
      anyFacts({ url: 'http://shop.example:8080/1.jpg' }),
    ],
    unmet: [[anyFacts({ url: 'https://shop.example:81/1.jpg' }), 'url_port 81, not 80/443/8080']],
  },
  url_no_query: {
    rule: { rule: 'url_no_query' },
    met: [anyFacts()],
    unmet: [[anyFacts({ url: 'https://shop.example/1.jpg?key=secret' }), 'url_no_query a query, not none']],
  },
  url_extension: {
    rule: { rule: 'url_extension' },
    met: [anyFacts(), anyFacts({ url: 'https://shop.example/1.JPEG?v=1.png' })],
    unmet: [
      [anyFacts({ url: 'https://shop.example/1.png' }), 'url_extension png, not jpg/jpeg'],
      [anyFacts({ url: 'https://shop.example/a.b/1' }), 'url_extension none, not jpg/jpeg'],
    ],
  },
  url_ascii: {
    rule: { rule: 'url_ascii' },
    met: [anyFacts()],
    unmet: [[anyFacts({ url: 'https://shop.example/ä.jpg' }), 'url_ascii other characters, not ASCII']],
  },
  url_length: {
    rule: { rule: 'url_length', at_most: 2000 },
    met: [anyFacts({ url: `https://shop.example/${'a'.repeat(1979)}` })],
    unmet: [[anyFacts({ url: `https://shop.example/${'a'.repeat(1980)}` }), 'url_length 2001 > 2000']],
  },
  placeholder: {
    rule: { rule: 'placeholder' },
    met: [anyFacts({ isPlaceholder: false })],
    unmet: [[anyFacts({ isPlaceholder: true }), 'placeholder a placeholder, not a picture']],
  },
  twice: {
    rule: { rule: 'twice' },
    met: [anyFacts({ isTwice: false })],
    unmet: [[anyFacts({ isTwice: true }), 'twice twice, not once']],
  },
  maybe_enlarged: {
    rule: { rule: 'maybe_enlarged' },
    met: [anyFacts({ measures: { sharpness: 0.15 } }), anyFacts({ measures: { sharpness: null } })],
    unmet: [[anyFacts({ measures: { sharpness: 0.149 } }), 'maybe_enlarged 0.149 < 0.15']],
  },
};

/** A picture on each side of a rule's limit. */
export function atLimit(rule: RuleInput): { met: PictureFacts; unmet: PictureFacts } {
  const { of, at_least: least, at_most: most, ratio, one_of: allowed, colour } = rule;
  const limit = (least ?? most) as number;
  const beyond = least === undefined ? limit + 1 : limit - 1;
  const side = (length: number): PictureFacts => {
    const sides = { width: length, height: length };
    return of?.startsWith('object_') ? anyFacts({ measures: { object: sides } }) : anyFacts({ file: sides });
  };
  const bytes = (count: number): PictureFacts => anyFacts({ file: { bytes: count } });
  const other = CASES[rule.rule].unmet[0]?.[0] ?? anyFacts();
  switch (rule.rule) {
    case 'min_sides':
    case 'max_sides':
      return { met: side(limit), unmet: side(beyond) };
    case 'max_pixels':
      return { met: sized(limit, 1), unmet: sized(limit + 1, 1) };
    case 'min_bytes':
    case 'max_bytes':
      return { met: bytes(limit), unmet: bytes(beyond) };
    case 'format':
      return {
        met: anyFacts({ file: { format: String(allowed?.[0]) } }),
        unmet: anyFacts({ file: { format: 'avif' } }),
      };
    case 'placeholder':
    case 'twice':
      return { met: CASES[rule.rule].met[0] ?? anyFacts(), unmet: other };
    case 'aspect': {
      const within = rule.within ?? 0.01;
      return {
        met: sized((ratio ?? 1) * (1 + within) * 1000, 1000),
        unmet: sized((ratio ?? 1) * (1 + within) * 1000 + 1, 1000),
      };
    }
    case 'background_white': {
      const darkest = colour ?? '#ffffff';
      const darker = `#${(Number.parseInt(darkest.slice(1), 16) - 1).toString(16)}`;
      return {
        met: anyFacts({ measures: { background: darkest } }),
        unmet: anyFacts({ measures: { background: darker } }),
      };
    }
    case 'fill':
      return {
        met: anyFacts({ measures: { fill: limit } }),
        unmet: anyFacts({ measures: { fill: limit - 0.01 } }),
      };
    default:
      return { met: anyFacts(), unmet: other };
  }
}

import type { RenditionSpec } from '../../presets/spec.ts';
import type { Unmet } from '../file-measures.ts';
import type { Pixels } from './decode.ts';
import { hexOf } from './measure/colours.ts';
import type { Ring } from './measure/ring.ts';
import { colourOf } from './shape.ts';
import { NEARLY_WHITE } from './whiten.ts';

/** `padding`: the colour that shows no frame, where there is one. */
type Background = {
  padding: ReturnType<typeof colourOf>;
  isWhitened: boolean;
  unmet: Unmet | undefined;
};

const ALIKE = 255 - NEARLY_WHITE; // of each channel: seen where both meet, and hardly otherwise

/** A picture with a plain background of another colour keeps it. A scene has none, so it gets what is wanted. */
export function backgroundOf(pixels: Pixels, ring: Ring, { background, whiten }: RenditionSpec): Background {
  const isWhitened =
    whiten === true && ring.isPlain && ring.background.every((value) => value >= NEARLY_WHITE);
  const found = hexOf(ring.background);
  if (!ring.isPlain || isWhitened || hasTransparentCorners(pixels))
    return { padding: colourOf(background), isWhitened, unmet: undefined };
  const unmet: Unmet = { rule: 'background_white', measured: found, required: background };
  return { padding: found, isWhitened, unmet: isAlike(found, background) ? undefined : unmet };
}

/** What is wanted shows through. */
function hasTransparentCorners({ data, width, height, channels }: Pixels): boolean {
  if (channels === 1 || channels === 3) return false;
  const corners = [0, width - 1, (height - 1) * width, height * width - 1];
  return corners.every((at) => data[(at + 1) * channels - 1] === 0);
}

function isAlike(found: string, wanted: string): boolean {
  if (wanted === 'transparent') return false;
  return [1, 3, 5].every((at) => {
    const [a, b] = [found, wanted].map((colour) => Number.parseInt(colour.slice(at, at + 2), 16));
    return Math.abs((a ?? 0) - (b ?? 0)) <= ALIKE;
  });
}

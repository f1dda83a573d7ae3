import type { Pixels } from './decode.ts';
import { connectedTo, edgeOf } from './flood.ts';
import { TOLERANCE } from './measure/contrast.ts';

/** From here on in all channels a pixel is nearly white. */
export const NEARLY_WHITE = 245;

const WHITE = 255;
const UNTOUCHED = 200; // a shadow that is as dark as this, or darker, stays as it is
const CLIMB = 2; // levels: the noise of a shadow that becomes darker

/** Opaque, in colours. `levels`: of each pixel the darkest channel. */
type Picture = Pick<Pixels, 'data' | 'width' | 'height'> & { levels: Uint8Array };

/**
 * Makes pixels white that are nearly white and connected to the edge by such pixels, and lifts the shadows that begin
 * there, because they would end in a visible line. It changes the pixels in place.
 * If the edge is white already it leaves all as it is: what is not white inside, compression has left near an object.
 * @param pixels three channels @param background its darkest channel
 * @returns whether it changed any
 */
export function whiten({ data, width, height }: Pixels, background: number): boolean {
  const picture = { data, width, height, levels: levelsOf(data) };
  const { levels } = picture;
  const edge = edgeOf(picture);
  const levelOf = (at: number): number => levels[at] ?? 0;
  if (!edge.some((at) => levelOf(at) >= NEARLY_WHITE && levelOf(at) < WHITE)) return false;
  const reached = connectedTo(edge, picture, (at) => levelOf(at) >= NEARLY_WHITE);
  addShadows(reached, picture);
  lift(reached, picture, background);
  return true;
}

function levelsOf(data: Buffer): Uint8Array {
  const levels = new Uint8Array(data.length / 3);
  for (let i = 0, at = 0; i < levels.length; i += 1, at += 3)
    levels[i] = Math.min(data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0);
  return levels;
}

/**
 * Goes on from what is reached to pixels that become darker, never up again: a white product may lie behind its shadow.
 * Each way has the darkest level that it came through. The lightest go first, so that each pixel has its lightest way.
 */
function addShadows(reached: Uint8Array, { levels, width }: Picture): void {
  const waiting: number[][] = Array.from({ length: WHITE + 1 }, () => []);
  const visit = (at: number, darkest: number): void => {
    const level = levels[at] ?? 0;
    if (reached[at] !== 0 || level <= UNTOUCHED || level > darkest + CLIMB) return;
    reached[at] = 1;
    waiting[Math.min(level, darkest)]?.push(at);
  };
  const visitAround = (at: number, darkest: number): void => {
    const x = at % width;
    if (x > 0) visit(at - 1, darkest);
    if (x < width - 1) visit(at + 1, darkest);
    if (at >= width) visit(at - width, darkest);
    if (at + width < levels.length) visit(at + width, darkest);
  };
  const first = reached.slice();
  for (let at = 0; at < first.length; at += 1) if (first[at] === 1) visitAround(at, WHITE);
  for (let level = WHITE; level > UNTOUCHED; level -= 1) {
    const ways = waiting[level] ?? [];
    for (let at = ways.pop(); at !== undefined; at = ways.pop()) visitAround(at, level);
  }
}

/** All channels by the same, so that no hue changes. */
function lift(reached: Uint8Array, { data, levels }: Picture, background: number): void {
  const lifts = Array.from({ length: WHITE + 1 }, (_, level) => lifted(level, background) - level);
  for (let i = 0, at = 0; i < levels.length; i += 1, at += 3) {
    const by = reached[i] === 1 ? (lifts[levels[i] ?? 0] ?? 0) : 0;
    if (by > 0) for (let c = at; c < at + 3; c += 1) data[c] = Math.min(WHITE, (data[c] ?? 0) + by);
  }
}

/** Steady and rising. What was just far enough from the background to be of the object stays so far from white. */
function lifted(level: number, background: number): number {
  const object = TOLERANCE + 1;
  const [from, to] = [background - object, WHITE - object];
  if (level >= NEARLY_WHITE) return WHITE;
  if (level >= from) return Math.round(to + ((level - from) * object) / (NEARLY_WHITE - from));
  if (level <= UNTOUCHED) return level;
  return Math.round(UNTOUCHED + ((level - UNTOUCHED) * (to - UNTOUCHED)) / (from - UNTOUCHED));
}

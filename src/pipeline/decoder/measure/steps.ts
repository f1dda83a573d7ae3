/** Every how many columns and rows a picture is looked at. */
export type Steps = { stepX: number; stepY: number };

/**
 * Whatever fills more than 0.2 % of a side is met by a step of at most 0.2 % of it, so nothing is missed that
 * counts for the object. It also bounds the cost: at most 512 x 512 pixels.
 */
const MOST_PER_SIDE = 512;

export function stepsOf({ width, height }: { width: number; height: number }): Steps {
  return { stepX: Math.ceil(width / MOST_PER_SIDE), stepY: Math.ceil(height / MOST_PER_SIDE) };
}

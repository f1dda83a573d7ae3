import type { Pixels } from './decode.ts';

/** From here on in all channels a pixel is nearly white: nobody sees that it becomes white. */
export const NEARLY_WHITE = 245;

const WHITE = 255;

/**
 * Makes pixels white that are nearly white and connected to the edge by such pixels. It changes the pixels in place.
 * If the edge is white already it leaves all as it is: what is not white inside, compression has left near an object.
 * @param pixels in colours, without transparency
 * @returns whether it changed any
 */
export function whiten({ data, width, height }: Pixels): boolean {
  const edge = edgeOf(width, height);
  const isNear = (at: number): boolean => isAtLeast(NEARLY_WHITE, data, at);
  if (!edge.some((at) => isNear(at) && !isAtLeast(WHITE, data, at))) return false;
  const connected = connectedTo(edge, { width, height }, isNear);
  for (let at = 0; at < connected.length; at += 1)
    if (connected[at] === 1) data.fill(WHITE, at * COLOURS, (at + 1) * COLOURS);
  return true;
}

const COLOURS = 3;

function isAtLeast(level: number, data: Buffer, pixel: number): boolean {
  const at = pixel * COLOURS;
  return (data[at] ?? 0) >= level && (data[at + 1] ?? 0) >= level && (data[at + 2] ?? 0) >= level;
}

/** A flood fill by runs of a row. @returns a byte a pixel: 1 if it is of the kind, as all are between it and the edge */
function connectedTo(
  edge: number[],
  { width, height }: { width: number; height: number },
  isOfKind: (at: number) => boolean,
): Uint8Array {
  const connected = new Uint8Array(width * height);
  const isNew = (at: number): boolean => connected[at] === 0 && isOfKind(at);
  const waiting = [...edge];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (!isNew(at)) continue;
    const row = at - (at % width);
    let [left, right] = [at, at];
    while (left > row && isNew(left - 1)) left -= 1;
    while (right < row + width - 1 && isNew(right + 1)) right += 1;
    connected.fill(1, left, right + 1);
    if (row > 0) addRuns(waiting, left - width, right - width, isNew);
    if (row + width < connected.length) addRuns(waiting, left + width, right + width, isNew);
  }
  return connected;
}

/** Adds one pixel of each run between two pixels of a row. */
function addRuns(waiting: number[], first: number, last: number, isNew: (at: number) => boolean): void {
  let isInRun = false;
  for (let at = first; at <= last; at += 1) {
    const isOne = isNew(at);
    if (isOne && !isInRun) waiting.push(at);
    isInRun = isOne;
  }
}

function edgeOf(width: number, height: number): number[] {
  const edge: number[] = [];
  for (let x = 0; x < width; x += 1) edge.push(x, (height - 1) * width + x);
  for (let y = 0; y < height; y += 1) edge.push(y * width, y * width + width - 1);
  return edge;
}

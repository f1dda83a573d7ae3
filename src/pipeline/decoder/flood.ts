type Size = { width: number; height: number };

/** The pixels along the edge, by their index. */
export function edgeOf({ width, height }: Size): number[] {
  const edge: number[] = [];
  for (let x = 0; x < width; x += 1) edge.push(x, (height - 1) * width + x);
  for (let y = 0; y < height; y += 1) edge.push(y * width, y * width + width - 1);
  return edge;
}

/**
 * A flood fill by runs of a row, which needs less memory than one by pixels.
 * @returns a byte a pixel: 1 if it is of the kind and connected to the first ones by such pixels
 */
export function connectedTo(
  first: number[],
  { width, height }: Size,
  isOfKind: (at: number) => boolean,
): Uint8Array {
  const connected = new Uint8Array(width * height);
  const isNew = (at: number): boolean => connected[at] === 0 && isOfKind(at);
  const waiting = [...first];
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

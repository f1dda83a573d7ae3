/**
 * A 64-bit difference hash: each bit says whether one of 8 x 8 cells is brighter than its right neighbour.
 * Pictures that look alike differ in few bits, whatever their size and quality.
 * Neal Krawetz, "Kind of Like That", 2013.
 */
const [COLUMNS, ROWS] = [9, 8];
const SAMPLES = 8; // per side of a cell: 64 pixels measure its brightness well enough, whatever its size

type Shape = { width: number; height: number; channels: number };

/** @param pixels 8 bits per channel, row by row, 1 to 4 channels @returns 16 hexadecimal digits */
export function differenceHash(pixels: Uint8Array, shape: Shape): string {
  const cells = brightnessOfCells(pixels, shape);
  let bits = 0n;
  for (let row = 0; row < ROWS; row += 1)
    for (let column = 0; column < COLUMNS - 1; column += 1) {
      const at = row * COLUMNS + column;
      bits = (bits << 1n) | ((cells[at] ?? 0) > (cells[at + 1] ?? 0) ? 1n : 0n);
    }
  return bits.toString(16).padStart(16, '0');
}

function brightnessOfCells(pixels: Uint8Array, { width, height, channels }: Shape): Float64Array {
  const cells = new Float64Array(COLUMNS * ROWS);
  for (let sampleY = 0; sampleY < ROWS * SAMPLES; sampleY += 1) {
    const y = Math.floor(((sampleY + 0.5) / (ROWS * SAMPLES)) * height);
    const row = Math.floor(sampleY / SAMPLES) * COLUMNS;
    for (let sampleX = 0; sampleX < COLUMNS * SAMPLES; sampleX += 1) {
      const x = Math.floor(((sampleX + 0.5) / (COLUMNS * SAMPLES)) * width);
      const cell = row + Math.floor(sampleX / SAMPLES);
      cells[cell] = (cells[cell] ?? 0) + brightness(pixels, (y * width + x) * channels, channels);
    }
  }
  return cells;
}

/** The brightness of an 8-bit sRGB pixel by the weights of ITU-R BT.601, on white where it is transparent. */
function brightness(pixels: Uint8Array, at: number, channels: number): number {
  const [first = 0, second = 0, third = 0] = [pixels[at], pixels[at + 1], pixels[at + 2]];
  const colour = channels < 3 ? first : 0.299 * first + 0.587 * second + 0.114 * third;
  if (channels === 1 || channels === 3) return colour;
  const opacity = (pixels[at + channels - 1] ?? 0) / 255;
  return colour * opacity + 255 * (1 - opacity);
}

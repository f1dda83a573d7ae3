/**
 * A 64-bit difference hash: whether each of 8 x 8 cells is brighter than its right neighbour. Pictures
 * that look the same differ in few bits, whatever their size and quality.
 * Neal Krawetz, "Kind of Like That", 2013.
 */
const [COLUMNS, ROWS] = [9, 8];
const SAMPLES = 16; // a side of a cell; a cell of any size is told well enough by 256 pixels

/** @param pixels 8 bits a channel, row by row; 1 to 4 channels @returns 16 hexadecimal digits */
export function differenceHash(
  pixels: Uint8Array,
  { width, height, channels }: { width: number; height: number; channels: number },
): string {
  const cells = Array.from({ length: COLUMNS * ROWS }, (_, i) => {
    const [column, row] = [i % COLUMNS, Math.floor(i / COLUMNS)];
    let sum = 0;
    for (let sample = 0; sample < SAMPLES * SAMPLES; sample += 1) {
      const x = Math.floor(((column + ((sample % SAMPLES) + 0.5) / SAMPLES) / COLUMNS) * width);
      const y = Math.floor(((row + (Math.floor(sample / SAMPLES) + 0.5) / SAMPLES) / ROWS) * height);
      sum += brightness(pixels, (y * width + x) * channels, channels);
    }
    return sum;
  });
  let bits = 0n;
  for (let row = 0; row < ROWS; row += 1)
    for (let column = 0; column < COLUMNS - 1; column += 1) {
      const at = row * COLUMNS + column;
      bits = (bits << 1n) | ((cells[at] ?? 0) > (cells[at + 1] ?? 0) ? 1n : 0n);
    }
  return bits.toString(16).padStart(16, '0');
}

/** Of 8-bit sRGB, by the weights of ITU-R BT.601, over white where it is transparent. */
function brightness(pixels: Uint8Array, at: number, channels: number): number {
  const value = (channel: number): number => pixels[at + channel] ?? 0;
  const colour = channels < 3 ? value(0) : 0.299 * value(0) + 0.587 * value(1) + 0.114 * value(2);
  if (channels === 1 || channels === 3) return colour;
  const opacity = value(channels - 1) / 255;
  return colour * opacity + 255 * (1 - opacity);
}

import sharp from 'sharp';
import { random } from './random.ts';

/** A product on white, different for each number: a few coloured shapes, with a label. */
export async function cutOut(number: number, side = 800): Promise<Buffer> {
  const { upTo } = random(number);
  const between = (least: number, most: number): number =>
    least - 1 + upTo(Math.max(1, Math.round(most - least + 1)));
  const colour = (): string => `hsl(${between(0, 359)} ${between(40, 90)}% ${between(25, 65)}%)`;
  const body = colour();
  const [width, height] = [between(250, 640), between(250, 640)];
  const [left, top] = [(side - width) / 2, (side - height) / 2];
  const parts = Array.from({ length: between(3, 8) }, () => {
    const [x, y] = [left + between(0, width * 0.8), top + between(0, height * 0.8)];
    const [across, down] = [between(30, width / 2), between(30, height / 2)];
    return upTo(2) === 1
      ? `<rect x="${x}" y="${y}" width="${across}" height="${down}" fill="${colour()}"/>`
      : `<ellipse cx="${x}" cy="${y}" rx="${across / 2}" ry="${down / 2}" fill="${colour()}"/>`;
  });
  const outline =
    upTo(2) === 1
      ? `<ellipse cx="${side / 2}" cy="${side / 2}" rx="${width / 2}" ry="${height / 2}" fill="${body}"/>`
      : `<rect x="${left}" y="${top}" width="${width}" height="${height}" rx="${between(0, 90)}" fill="${body}"/>`;
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}"><rect width="${side}" height="${side}" fill="#fff"/>${outline}${parts.join('')}</svg>`;
  return sharp(Buffer.from(svg)).png().toBuffer();
}

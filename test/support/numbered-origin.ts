import sharp from 'sharp';
import { type Origin, startOrigin } from './origin.ts';

/** A supplier whose pictures tell by their size which address they belong to. */
export type NumberedOrigin = Origin & {
  urlOf(number: number): string;
  /** numbers whose pictures are not there, as long as they are in here */
  absent: Set<number>;
  /** numbers whose first request meets an error of the server */
  shaky: Set<number>;
};

export const NUMBERS = 40_000;

/** What no other number has, and what is smaller than all renditions that are made of it. */
export function sizeOf(number: number): { width: number; height: number } {
  return { width: 20 + (number % 200), height: 20 + Math.floor(number / 200) };
}

/** The number in an address. */
export function numberOf(url: string): number {
  return Number(/\/(\d+)\.png$/.exec(url)?.[1]);
}

/** @param address its own, by default on loopback */
export async function startNumberedOrigin(address?: string): Promise<NumberedOrigin> {
  const [absent, shaky] = [new Set<number>(), new Set<number>()];
  const origin = await startOrigin(
    (path) => (request, response) => {
      const number = numberOf(path);
      const etag = `"${number}"`;
      if (absent.has(number)) response.writeHead(404).end();
      else if (shaky.delete(number)) response.writeHead(500).end();
      else if (request.headers['if-none-match'] === etag) response.writeHead(304, { etag }).end();
      else void picture(number).then((bytes) => response.writeHead(200, { etag }).end(bytes));
    },
    address,
  );
  return { ...origin, absent, shaky, urlOf: (number) => `${origin.url}/${number}.png` };
}

function picture(number: number): Promise<Buffer> {
  const background = { r: number % 256, g: (number * 7) % 256, b: number >> 8 };
  return sharp({ create: { ...sizeOf(number), channels: 3, background } })
    .png()
    .toBuffer();
}

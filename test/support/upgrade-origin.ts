import type { ServerResponse } from 'node:http';
import sharp from 'sharp';
import { type Origin, startOrigin } from './origin.ts';

/** A supplier that is in trouble while a sample of a version is taken, and has got over it after the upgrade. */
export type SampleOrigin = Origin & {
  /** the same on another port, and so another host: for what is held */
  slowUrl: string;
  /** how many requests were held, and failed */
  counts: { held: number; failed: number };
  /** webhooks that were accepted */
  heard: { headers: Record<string, string>; body: string }[];
};

/**
 * By the beginning of the path: `hold` has no answer, `failing` is 500 and `late` 404, as long as it is
 * late; `gone` is 404 for good; `hook` takes webhooks, when it is not late.
 */
export async function startSampleOrigin({ isLate }: { isLate: boolean }): Promise<SampleOrigin> {
  const pictures = await Promise.all(Array.from({ length: 8 }, (_, i) => picture(i)));
  const page = Buffer.from('<!doctype html><title>Not found</title>');
  const heard: SampleOrigin['heard'] = [];
  const counts = { held: 0, failed: 0 };
  const answers: Parameters<typeof startOrigin>[0] = (path) => {
    const [, kind = ''] = /^\/([a-z]*)/.exec(path) ?? [];
    const number = Number(/\d+/.exec(path)?.[0] ?? 0);
    if (kind === 'hook')
      return async (request, response) => {
        let body = '';
        for await (const chunk of request) body += String(chunk);
        if (isLate) return status(response, 503);
        heard.push({ headers: request.headers as Record<string, string>, body });
        status(response, 204);
      };
    if (kind === 'page') return page;
    if (kind === 'gone' || (kind === 'late' && isLate)) return undefined;
    if (kind === 'hold' && isLate) return () => void (counts.held += 1);
    if (kind === 'failing' && isLate)
      return (_, response) => {
        counts.failed += 1;
        status(response, 500);
      };
    return pictures[number % pictures.length];
  };
  const origin = await startOrigin(answers);
  const slow = await startOrigin(answers);
  return {
    ...origin,
    slowUrl: slow.url,
    counts,
    heard,
    async [Symbol.asyncDispose]() {
      await origin[Symbol.asyncDispose]();
      await slow[Symbol.asyncDispose]();
    },
  };
}

function status(response: ServerResponse, code: number): void {
  response.statusCode = code;
  response.end();
}

/** Small, because what is made of it is kept in the repository, and each with other bytes. */
function picture(i: number): Promise<Buffer> {
  const background = { r: 30 * i, g: 255 - 30 * i, b: 128 };
  return sharp({ create: { width: 24, height: 16, channels: 3, background } })
    .png()
    .toBuffer();
}

import { contentOf } from './body.ts';
import { codingsOf } from './codings.ts';
import { networkProblem } from './network-problems.ts';
import { followRedirects, type RequestRules } from './request.ts';
import type { Response } from './exchange.ts';
import { header } from './response.ts';

/** The beginning of an image, for a preview. Null: the response does not say. */
type FirstBytes = {
  /** of the whole file, as the host says */
  bytes: number | null;
  contentType: string | null;
  finalUrl: string;
  head: Buffer;
};

const DEADLINE_MS = 10_000;
const HEAD_BYTES = 64 * 1024; // enough for the dimensions of all but a few images
const MAX_BYTES = 2 ** 20; // a decompressor may return this much at once

/**
 * Downloads only the first bytes of an image, by a range request; hosts may ignore the range.
 * @throws ImageProblem; the signal's reason when aborted
 */
export async function fetchFirstBytes(
  url: string,
  rules: RequestRules,
  signal: AbortSignal,
): Promise<FirstBytes> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(DEADLINE_MS)]);
  try {
    const headers = { range: `bytes=0-${HEAD_BYTES - 1}` };
    const { response, finalUrl } = await followRedirects(url, rules, { headers }, deadline);
    let head = Buffer.alloc(0);
    for await (const chunk of contentOf(response, MAX_BYTES).chunks) {
      head = Buffer.concat([head, chunk]);
      if (head.length >= HEAD_BYTES) break;
    }
    const contentType = header(response, 'content-type') ?? null;
    return { bytes: wholeSize(response), contentType, finalUrl, head };
  } catch (error) {
    signal.throwIfAborted();
    throw networkProblem(error);
  }
}

function wholeSize(response: Response): number | null {
  if (codingsOf(header(response, 'content-encoding')).length > 0) return null;
  const size =
    response.statusCode === 206
      ? /\/(\d+)$/.exec(header(response, 'content-range') ?? '')?.[1]
      : header(response, 'content-length');
  return size === undefined ? null : Number(size);
}

import pLimit from 'p-limit';
import type { Guard } from '../net/guard.ts';
import type { DecoderPool } from '../pipeline/decoder-pool.ts';
import { fetchFirstBytes } from '../pipeline/download/first-bytes.ts';
import { ImageProblem } from '../pipeline/problems.ts';
import { imageFormat } from '../pipeline/sniff.ts';

/** What the first bytes behind an image URL say; `probes` in the API. */
export type ImageHeader = {
  url: string;
  ok: boolean;
  /** why it is no usable image; an error code of images */
  code: string | null;
  detail: string | null;
  content_type: string | null;
  bytes: number | null;
  format: string | null;
  /** in pixels, as is height */
  width: number | null;
  height: number | null;
};

type ImageHeaderRules = { guard: Guard; userAgent: string; decoders: Pick<DecoderPool, 'readHeader'> };

const CONCURRENCY = 8;

/** Requests the first bytes of images and reads their headers. @throws the signal's reason */
export async function readImageHeaders(
  urls: string[],
  rules: ImageHeaderRules,
  signal: AbortSignal,
): Promise<ImageHeader[]> {
  const limit = pLimit(CONCURRENCY);
  return Promise.all(urls.map((url) => limit(() => readImageHeader(url, rules, signal))));
}

async function readImageHeader(
  url: string,
  rules: ImageHeaderRules,
  signal: AbortSignal,
): Promise<ImageHeader> {
  const found: ImageHeader = {
    url,
    ok: false,
    code: null,
    detail: null,
    content_type: null,
    bytes: null,
    format: null,
    width: null,
    height: null,
  };
  try {
    const { head, bytes, contentType, finalUrl } = await fetchFirstBytes(url, rules, signal);
    found.bytes = bytes;
    found.content_type = contentType;
    found.format = imageFormat(head, finalUrl);
    const file = { head: head.toString('base64'), bytes: bytes ?? head.length };
    const { width, height } = await rules.decoders.readHeader(file, signal);
    return { ...found, ok: true, width, height };
  } catch (error) {
    if (!(error instanceof ImageProblem)) throw error;
    // Some files have a header longer than the bytes that were requested.
    if (found.format !== null && MAY_BE_CUT.has(error.code)) return { ...found, ok: true };
    return { ...found, code: error.code, detail: error.message };
  }
}

const MAY_BE_CUT = new Set(['truncated_image', 'corrupt_image']);

import { ImageProblem } from '../problems.ts';
import { codingsOf, decoded } from './codings.ts';
import type { Response } from './exchange.ts';
import { header } from './response.ts';

type Content = {
  /** the file as its host has it in store */
  chunks: AsyncIterable<Buffer>;
  /** how many bytes of the body have arrived; counted only where it is coded */
  received(): number;
  isCoded: boolean;
};

/**
 * The body of a response, with its content codings undone.
 * @throws ImageProblem from `chunks`, also where more than `maxBytes` arrive
 */
export function contentOf(response: Response, maxBytes: number): Content {
  const codings = codingsOf(header(response, 'content-encoding'));
  if (codings.length === 0) return { chunks: response.body, received: () => 0, isCoded: false };
  let bytes = 0;
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of response.body) {
      bytes += chunk.length;
      yield chunk;
    }
  };
  const chunks = async function* (): AsyncGenerator<Buffer> {
    try {
      yield* decoded(counted(), codings, { maxBytes, tooLarge: () => tooLarge(maxBytes) });
    } finally {
      response.body.destroy(); // at once: a decompressor may be waiting for more of it
    }
  };
  return { chunks: chunks(), received: () => bytes, isCoded: true };
}

export function tooLarge(maxBytes: number): ImageProblem {
  return new ImageProblem('source_too_large', `more than ${Math.round(maxBytes / 1e5) / 10} MB`);
}

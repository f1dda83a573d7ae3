import type { Readable } from 'node:stream';
import type { OptionsSchema, PreviewOptions } from './option-schemas.ts';
import type { ReadingOptions } from './options.ts';
import { Problem } from '../errors.ts';

/** Reads the file of an upload to its end. */
export type Consumer<T> = (chunks: AsyncIterable<Buffer>, reading: ReadingOptions) => Promise<T>;

export type Received<T> = { result: T; options: PreviewOptions; fileName: string | undefined };

/** Does the same with the file of a kept upload, instead of one in the request. */
export type KeptReader<T> = (
  uploadId: string,
  reading: ReadingOptions,
) => Promise<{ result: T; fileName: string }>;

export type ReceivingRules<T> = {
  /** of the options that the route accepts */
  schema: OptionsSchema;
  /** a folder for a temporary copy of the file; undefined where no option changes how it is read */
  folder: string | undefined;
  /** undefined where a kept upload cannot be sent instead of a file */
  readKept?: KeptReader<T> | undefined;
};

export function fileAndUpload(): Problem {
  return new Problem('bad_request', {
    detail: 'The request has a file and the option upload: send one of them.',
  });
}

/**
 * Hands a stream to a consumer. When the consumer fails, the rest of the stream is read and dropped:
 * most clients read a response only after they have sent the whole request.
 */
export async function consumed<T>(
  stream: Readable,
  consume: (chunks: AsyncIterable<Buffer>) => Promise<T>,
): Promise<T> {
  const chunks = stream.iterator({ destroyOnReturn: false }) as AsyncGenerator<Buffer>;
  try {
    return await consume(chunks);
  } catch (error) {
    await chunks.return(undefined);
    if (!stream.destroyed) stream.resume();
    throw error;
  }
}

import type { Readable } from 'node:stream';
import type { PreviewOptions, UploadOptions } from './option-schemas.ts';
import type { ReadingOptions } from './options.ts';

/** Reads the file of an upload to its end. */
export type Consumer<T> = (chunks: AsyncIterable<Buffer>, reading: ReadingOptions) => Promise<T>;

export type Received<T> = { result: T; options: PreviewOptions; fileName: string | undefined };

export type ReceivingRules = {
  /** of the options that the route accepts */
  schema: typeof UploadOptions | typeof PreviewOptions;
  /** a folder for a temporary copy of the file */
  folder: string;
};

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

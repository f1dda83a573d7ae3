import { freeMemory } from '../../free-memory.ts';
import { ImageProblem } from '../problems.ts';
import { imageFormat, SNIFF_BYTES } from '../sniff.ts';
import { contentOf, tooLarge } from './body.ts';
import { codingsOf, isSupported } from './codings.ts';
import { statusProblem } from './network-problems.ts';
import type { Response } from './exchange.ts';
import { header } from './response.ts';
import type { SourceFile } from './source-files.ts';

const HEAD_BYTES = 32 * 1024; // holds the title of a web page, which explains why there is no image

/**
 * Streams the body of a response into a file, and stops as soon as it is no image or too large.
 * @throws ImageProblem; StorageTrouble
 */
export async function save(
  response: Response,
  file: SourceFile,
  { maxBytes, finalUrl }: { maxBytes: number; finalUrl: string },
): Promise<{ bytes: number; sha256: Buffer }> {
  const announced = header(response, 'content-length');
  if (Number(announced ?? 0) > maxBytes) {
    response.body.destroy();
    throw tooLarge(maxBytes);
  }
  const { chunks, received, isCoded } = contentOf(response, maxBytes);
  // Chunks of a chunked or decompressed body may share their memory, so it must not be freed.
  const writer = file.rewrite(announced === undefined || isCoded ? undefined : freeMemory);
  let head = Buffer.alloc(0);
  let isChecked = false;
  for await (const chunk of chunks) {
    if (writer.bytes() + chunk.length > maxBytes) throw tooLarge(maxBytes);
    if (head.length < HEAD_BYTES) head = Buffer.concat([head, chunk.subarray(0, HEAD_BYTES - head.length)]);
    if (!isChecked && head.length >= SNIFF_BYTES) {
      checkIsImage(head, response, finalUrl);
      isChecked = true;
    }
    await writer.add(chunk);
  }
  if (!isChecked) checkIsImage(head, response, finalUrl);
  const bytes = isCoded ? received() : writer.bytes();
  if (announced !== undefined && bytes !== Number(announced))
    throw new ImageProblem('truncated_download', `${bytes} of ${announced} bytes`);
  return await writer.finish();
}

/** @throws ImageProblem where it is none; the status or the coding explains that better than the bytes do */
function checkIsImage(head: Buffer, response: Response, finalUrl: string): void {
  try {
    imageFormat(head, finalUrl);
  } catch (error) {
    if (!(error instanceof ImageProblem) || error.code !== 'not_an_image') throw error;
    const unsupported = codingsOf(header(response, 'content-encoding')).filter(
      (coding) => !isSupported(coding),
    );
    if (unsupported.length > 0)
      throw new ImageProblem('encoding_refused', unsupported.join(', ').slice(0, 60));
    const { statusCode } = response;
    throw statusCode === 200 || statusCode === 206 ? error : statusProblem(response);
  }
}

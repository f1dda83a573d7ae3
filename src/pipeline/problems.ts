import { IMAGE_PROBLEMS, type ImageProblemCode } from './image-problems.ts';
import { isFile, wordsOfProblem } from './problem-words.ts';

/** A problem of one image. `detail` adds particulars: a status, a size, a format. */
export class ImageProblem extends Error {
  override readonly name = 'ImageProblem';
  readonly code: ImageProblemCode;
  readonly detail: string | undefined;
  /** how long no image of the host is requested, if the host asked for a pause */
  readonly holdHostMs: number | undefined;
  /** what `Retry-After` said */
  readonly retryAfterMs: number | undefined;
  /** of the answer that is the problem, if it is its status */
  readonly httpStatus: number | undefined;
  /** whether the image is not retried, whatever the code allows */
  readonly isLast: boolean;

  constructor(
    code: ImageProblemCode,
    detail?: string,
    {
      holdHostMs,
      retryAfterMs,
      httpStatus,
      isLast = false,
      cause,
    }: {
      holdHostMs?: number | undefined;
      retryAfterMs?: number | undefined;
      httpStatus?: number | undefined;
      isLast?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(told(IMAGE_PROBLEMS[code].sentence, detail), { cause });
    this.code = code;
    this.detail = detail;
    this.holdHostMs = holdHostMs;
    this.retryAfterMs = retryAfterMs;
    this.httpStatus = httpStatus;
    this.isLast = isLast;
  }

  /** The message for an image with this URL: there is no link where its file was uploaded. */
  messageFor(url: string): string {
    return isFile(url) ? told(wordsOfProblem(this.code, url).sentence, this.detail) : this.message;
  }
}

function told(sentence: string, detail: string | undefined): string {
  return detail ? `${sentence} (${detail})` : sentence;
}

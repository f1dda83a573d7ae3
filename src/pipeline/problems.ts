/**
 * The closed list of reasons why an image fails. `tries` is the number of attempts, 1 where another one would end
 * the same; `rate_limited` uses up none, because the whole host is put on hold. The sentence is for the owner of
 * the catalogue, and says what to do where something can be done. docs/errors.md repeats the list.
 */
export const IMAGE_PROBLEMS = {
  invalid_url: { tries: 1, sentence: 'This is not an address that an image can be downloaded from.' },
  row_rejected: {
    tries: 1,
    sentence: 'The row has other errors, so its images were not made.',
  },
  address_denied: {
    tries: 1,
    sentence:
      'The address is in a network or on a port that images may not be downloaded from. The operator of Minilab allows networks with ALLOWED_PRIVATE_NETWORKS and ports with ALLOWED_PORTS.',
  },
  dns_failed: { tries: 4, sentence: 'The host name in the address was not found.' },
  connect_failed: { tries: 4, sentence: 'The host did not accept the connection, or closed it.' },
  tls_failed: {
    tries: 4,
    sentence: 'No secure connection to the host could be established.',
  },
  download_timeout: { tries: 4, sentence: 'The host took too long to deliver the image.' },
  truncated_download: { tries: 4, sentence: 'The download ended before the whole image had arrived.' },
  server_error: { tries: 4, sentence: "The host's server failed." },
  rate_limited: { tries: 4, sentence: 'The host asks for fewer requests.' },
  access_denied: {
    tries: 1,
    sentence:
      'The host denied access to the image. It may need a login, another kind of link, or request headers such as User-Agent, which can be set per host (PUT /v1/hosts/{host}).',
  },
  not_found: {
    tries: 1,
    sentence: 'Nothing was found at this address: the link is wrong, or the image was removed.',
  },
  http_error: { tries: 1, sentence: 'The host refused the request.' },
  too_many_redirects: {
    tries: 1,
    sentence: 'The address redirects too many times.',
  },
  encoding_refused: {
    tries: 1,
    sentence: 'The host compressed the download in a way that cannot be unpacked.',
  },
  source_too_large: { tries: 1, sentence: 'The file is larger than allowed.' },
  not_an_image: { tries: 1, sentence: 'The link does not lead to an image.' },
  unsupported_format: {
    tries: 1,
    sentence:
      'The image has a format that is not supported. JPEG, PNG, WebP, GIF, TIFF and AVIF are supported.',
  },
  image_too_large: { tries: 1, sentence: 'The image has more pixels than allowed.' },
  truncated_image: {
    tries: 1,
    sentence: 'The image file is incomplete: its end is missing. Upload it to the host again.',
  },
  corrupt_image: { tries: 1, sentence: 'The image file is damaged and cannot be read.' },
  cannot_meet_max_bytes: {
    tries: 1,
    sentence: 'The image cannot be made as small as the preset requires.',
  },
  decode_timeout: { tries: 3, sentence: 'Reading the image took too long.' },
  decode_memory: { tries: 3, sentence: 'Reading the image needed too much memory.' },
  decoder_crashed: { tries: 3, sentence: 'The image decoder crashed while it read this image.' },
  file_not_found: { tries: 1, sentence: 'The folder of the CSV has no such file.' },
  deadline_exceeded: {
    tries: 1,
    sentence: 'The image could not be downloaded before the deadline of its batch.',
  },
  internal_error: { tries: 3, sentence: 'Minilab had an internal error.' },
  worker_lost: {
    tries: 1,
    sentence: 'Every process that worked on this image ended before the image was done.',
  },
} as const satisfies Record<string, { tries: number; sentence: string }>;

export type ImageProblemCode = keyof typeof IMAGE_PROBLEMS;

/** The sentence of a code, or a general one for a code of another version. */
export function sentenceOf(code: string): string {
  return code in IMAGE_PROBLEMS
    ? IMAGE_PROBLEMS[code as ImageProblemCode].sentence
    : 'The image could not be made.';
}

/** A problem of one image. `detail` adds particulars: a status, a size, a format. */
export class ImageProblem extends Error {
  override readonly name = 'ImageProblem';
  readonly code: ImageProblemCode;
  readonly detail: string | undefined;
  /** how long no image of the host is requested, if the host asked for a pause */
  readonly holdHostMs: number | undefined;
  /** what `Retry-After` said */
  readonly retryAfterMs: number | undefined;
  /** whether the image is not retried, whatever the code allows */
  readonly isLast: boolean;

  constructor(
    code: ImageProblemCode,
    detail?: string,
    {
      holdHostMs,
      retryAfterMs,
      isLast = false,
      cause,
    }: {
      holdHostMs?: number | undefined;
      retryAfterMs?: number | undefined;
      isLast?: boolean;
      cause?: unknown;
    } = {},
  ) {
    super(detail ? `${IMAGE_PROBLEMS[code].sentence} (${detail})` : IMAGE_PROBLEMS[code].sentence, { cause });
    this.code = code;
    this.detail = detail;
    this.holdHostMs = holdHostMs;
    this.retryAfterMs = retryAfterMs;
    this.isLast = isLast;
  }
}

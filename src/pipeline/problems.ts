/**
 * Why an image failed: the closed list. `tries` is how often it is tried in all: 1 where another try
 * would end the same. The sentence is for the person who owns the catalogue, and says what to do
 * where something can be done. A `rate_limited` try costs none: the whole host waits.
 */
export const IMAGE_PROBLEMS = {
  invalid_url: { tries: 1, sentence: 'The address is not one that images can be fetched from.' },
  row_rejected: {
    tries: 1,
    sentence: 'The row has errors elsewhere, so nothing was made of it.',
  },
  address_denied: {
    tries: 1,
    sentence:
      'The address leads to a network or port that images may not be fetched from. Whoever runs Minilab allows networks with ALLOWED_PRIVATE_NETWORKS and ports with ALLOWED_PORTS.',
  },
  dns_failed: { tries: 4, sentence: 'The host name in the address could not be found.' },
  connect_failed: { tries: 4, sentence: 'The host did not accept a connection, or closed it.' },
  tls_failed: {
    tries: 4,
    sentence: 'No secure connection to the host could be made.',
  },
  download_timeout: { tries: 4, sentence: 'The host took too long to deliver the image.' },
  truncated_download: { tries: 4, sentence: 'The host broke off before the whole image had arrived.' },
  server_error: { tries: 4, sentence: "The host's server has an error of its own." },
  rate_limited: { tries: 4, sentence: 'The host asks for fewer requests.' },
  access_denied: {
    tries: 1,
    sentence:
      'The host refuses access to the image: it may need a login, or a link of another kind, or request headers such as User-Agent, which can be set for a host (PUT /v1/hosts/{host}).',
  },
  not_found: {
    tries: 1,
    sentence: 'There is nothing at this address: the link is wrong, or the image was removed.',
  },
  http_error: { tries: 1, sentence: 'The host refused the request.' },
  too_many_redirects: {
    tries: 1,
    sentence: 'The address leads from one redirect to the next without an end.',
  },
  encoding_refused: {
    tries: 1,
    sentence: 'The host sent the image in a compressed form that was not asked for and cannot be unpacked.',
  },
  source_too_large: { tries: 1, sentence: 'The file is larger than is allowed.' },
  not_an_image: { tries: 1, sentence: 'The link does not lead to an image.' },
  unsupported_format: {
    tries: 1,
    sentence: 'The image is of a format that cannot be read; JPEG, PNG, WebP, GIF, TIFF and AVIF can.',
  },
  image_too_large: { tries: 1, sentence: 'The image has more pixels than is allowed.' },
  truncated_image: {
    tries: 1,
    sentence: 'The image file is incomplete: its end is missing. Upload it to the host again.',
  },
  corrupt_image: { tries: 1, sentence: 'The image file is damaged and cannot be read.' },
  cannot_meet_max_bytes: {
    tries: 1,
    sentence: 'The image cannot be made as small as the preset demands.',
  },
  decode_timeout: { tries: 3, sentence: 'Reading the image took too long.' },
  decode_memory: { tries: 3, sentence: 'Reading the image took too much memory.' },
  decoder_crashed: { tries: 3, sentence: 'The program that reads images ended while it read this one.' },
  file_not_found: { tries: 1, sentence: 'There is no such file in the folder of the CSV.' },
  deadline_exceeded: {
    tries: 1,
    sentence: 'The image could not be fetched before the deadline of its batch.',
  },
  internal_error: { tries: 3, sentence: 'Something went wrong on the side of Minilab.' },
  worker_lost: {
    tries: 1,
    sentence: 'The processes that worked on this image ended again and again before it was done.',
  },
} as const satisfies Record<string, { tries: number; sentence: string }>;

export type ImageProblemCode = keyof typeof IMAGE_PROBLEMS;

/** The sentence of a code, also of one that an older version wrote. */
export function sentenceOf(code: string): string {
  return code in IMAGE_PROBLEMS
    ? IMAGE_PROBLEMS[code as ImageProblemCode].sentence
    : 'The image could not be made.';
}

/** Why a step of the pipeline stops. The detail adds what is particular: a status, a size, a format. */
export class ImageProblem extends Error {
  override readonly name = 'ImageProblem';
  readonly code: ImageProblemCode;
  readonly detail: string | undefined;
  /** when the host asks for a pause: how long; it holds for all images of that host */
  readonly holdHostMs: number | undefined;
  /** the host's own word on it */
  readonly retryAfterMs: number | undefined;
  /** whether the image is not tried again, whatever the code allows */
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

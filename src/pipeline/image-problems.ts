/**
 * The closed list of reasons why an image fails. `tries` is the number of attempts, 1 where another one would end
 * the same; `rate_limited` uses up none, because the whole host is put on hold. Title, sentence and advice are for the
 * owner of the catalogue; problem-words.ts has others for pictures that are files. docs/errors.md repeats the list.
 */
export const IMAGE_PROBLEMS = {
  invalid_url: {
    tries: 1,
    title: 'Not an address of an image',
    sentence: 'This is not an address that an image can be downloaded from.',
    advice:
      'Correct these cells in your spreadsheet: an address begins with https:// and leads to the image itself.',
    try_again: false,
  },
  row_rejected: {
    tries: 1,
    title: 'The row has other errors',
    sentence: 'The row has other errors, so its images were not made.',
    advice: 'Correct the other errors of the row, and upload it again.',
    try_again: false,
  },
  address_denied: {
    tries: 1,
    title: 'The address is not allowed',
    sentence:
      'The address is in a network or on a port that images may not be downloaded from. The operator of Minilab allows networks with ALLOWED_PRIVATE_NETWORKS and ports with ALLOWED_PORTS.',
    advice: 'Put the images on a public host, or ask the operator of Minilab to allow their network or port.',
    try_again: false,
  },
  dns_failed: {
    tries: 4,
    title: 'The host name was not found',
    sentence: 'The host name in the address was not found.',
    advice: 'Check the spelling of the host name. If it is right, try again later.',
    try_again: true,
  },
  connect_failed: {
    tries: 4,
    title: 'The host cannot be reached',
    sentence: 'The host did not accept the connection, or closed it.',
    advice: 'Often passes by itself: try again later. If it stays, ask the operator of the host.',
    try_again: true,
  },
  tls_failed: {
    tries: 4,
    title: 'No secure connection',
    sentence: 'No secure connection to the host could be established.',
    advice: 'The operator of the host must correct its certificate. Then try again.',
    try_again: true,
  },
  download_timeout: {
    tries: 4,
    title: 'The host was too slow',
    sentence: 'The host took too long to deliver the image.',
    advice: 'Often passes by itself: try again, at a quiet hour if it stays.',
    try_again: true,
  },
  truncated_download: {
    tries: 4,
    title: 'The download broke off',
    sentence: 'The download ended before the whole image had arrived.',
    advice: 'Often passes by itself: try again.',
    try_again: true,
  },
  server_error: {
    tries: 4,
    title: 'The host has an error',
    sentence: "The host's server failed.",
    advice: 'Try again later. If it stays, tell the operator of the host.',
    try_again: true,
  },
  rate_limited: {
    tries: 4,
    title: 'The host asks for a pause',
    sentence: 'The host asks for fewer requests.',
    advice: 'Try again later, or ask the operator of the host for a higher limit.',
    try_again: true,
  },
  access_denied: {
    tries: 1,
    title: 'The host denied access',
    sentence:
      'The host denied access to the image. It may need a login, another kind of link, or request headers such as User-Agent, which can be set per host (PUT /v1/hosts/{host}).',
    advice: 'Ask for public links, or set request headers for the host. Then try again.',
    try_again: false,
  },
  not_found: {
    tries: 1,
    title: 'Nothing at this address',
    sentence: 'Nothing was found at this address: the link is wrong, or the image was removed.',
    advice: 'Correct these links in your spreadsheet, or ask the supplier for new ones.',
    try_again: false,
  },
  http_error: {
    tries: 1,
    title: 'The host refused the request',
    sentence: 'The host refused the request.',
    advice:
      'Open one of the links in a browser. If it works there, tell the operator of the host; otherwise correct the links.',
    try_again: false,
  },
  too_many_redirects: {
    tries: 1,
    title: 'Too many redirects',
    sentence: 'The address redirects too many times.',
    advice: 'Open one of the links in a browser, and use the address at which it ends.',
    try_again: false,
  },
  encoding_refused: {
    tries: 1,
    title: 'Compressed in an unknown way',
    sentence: 'The host compressed the download in a way that cannot be unpacked.',
    advice: 'The operator of the host must deliver images without this compression.',
    try_again: false,
  },
  source_too_large: {
    tries: 1,
    title: 'The file is too large',
    sentence: 'The file is larger than allowed.',
    advice: 'Use a smaller file, or ask the operator of Minilab for a higher MAX_SOURCE_BYTES.',
    try_again: false,
  },
  not_an_image: {
    tries: 1,
    title: 'The link leads to no image',
    sentence: 'The link does not lead to an image.',
    advice:
      'Open one of the links: it is a page with an image on it, or a login. Use the address of the image itself ("Copy image address").',
    try_again: false,
  },
  unsupported_format: {
    tries: 1,
    title: 'The format is not supported',
    sentence:
      'The image has a format that is not supported. JPEG, PNG, WebP, GIF, TIFF and AVIF are supported.',
    advice: 'Save the image as JPEG, PNG or WebP, and use the address of that file.',
    try_again: false,
  },
  image_too_large: {
    tries: 1,
    title: 'Too many pixels',
    sentence: 'The image has more pixels than allowed.',
    advice: 'Use a version of at most 100 megapixels and 16,384 pixels a side.',
    try_again: false,
  },
  truncated_image: {
    tries: 1,
    title: 'A part of the image is missing',
    sentence: 'The image file is incomplete: its end is missing. Upload it to the host again.',
    advice: 'Upload the image to its host again, then try again here.',
    try_again: false,
  },
  corrupt_image: {
    tries: 1,
    title: 'The image is damaged',
    sentence: 'The image file is damaged and cannot be read.',
    advice: 'Save the image anew and upload it to its host again, then try again here.',
    try_again: false,
  },
  placeholder_image: {
    tries: 1,
    title: 'A placeholder, not a picture',
    sentence: 'The supplier sent its sign for a missing picture.',
    advice:
      'Ask the supplier for the picture, or correct the link. If it is a picture after all, mark it as allowed or remove the mark that the detail names, then try again.',
    try_again: false,
  },
  cannot_meet_max_bytes: {
    tries: 1,
    title: 'Cannot be made small enough',
    sentence: 'The image cannot be made as small as the preset requires.',
    advice: 'Use a preset with a smaller width and height, or with a higher max_bytes.',
    try_again: false,
  },
  cannot_meet_rule: {
    tries: 1,
    title: 'Cannot be made as the preset requires',
    sentence: 'The image cannot be made as the preset requires.',
    advice:
      'The detail says why. Ask the supplier for a larger picture of the whole product on a plain background, or use a preset with on_unmet keep.',
    try_again: false,
  },
  decode_timeout: {
    tries: 3,
    title: 'The image takes too long to read',
    sentence: 'Reading the image took too long.',
    advice: 'Try again when the machine is less busy. If it stays, save the image anew.',
    try_again: true,
  },
  decode_memory: {
    tries: 3,
    title: 'The image needs too much memory',
    sentence: 'Reading the image needed too much memory.',
    advice: 'Save the image anew, with fewer pixels or as JPEG.',
    try_again: false,
  },
  decoder_crashed: {
    tries: 3,
    title: 'The image cannot be read',
    sentence: 'The image decoder crashed while it read this image.',
    advice: 'Save the image anew, and tell us: no image should crash the decoder.',
    try_again: false,
  },
  file_not_found: {
    tries: 1,
    title: 'The file is missing',
    sentence: 'The file of the image is missing.',
    advice:
      'Check the name, and that the file is in the folder of the CSV or below it. A picture that was uploaded with its table and is missing has to be uploaded again.',
    try_again: false,
  },
  deadline_exceeded: {
    tries: 1,
    title: 'Not done in time',
    sentence: 'The image could not be downloaded before the deadline of its batch.',
    advice: 'Try again: a retry begins a new deadline. The last error is in the detail.',
    try_again: true,
  },
  internal_error: {
    tries: 3,
    title: 'An error of Minilab',
    sentence: 'Minilab had an internal error.',
    advice: 'Try again. If it stays, tell the operator of Minilab: the log has the cause.',
    try_again: true,
  },
  worker_lost: {
    tries: 1,
    title: 'The worker was lost',
    sentence: 'Every process that worked on this image ended before the image was done.',
    advice: 'Try again. If it stays, this image may stall the process: tell the operator of Minilab.',
    try_again: true,
  },
} as const satisfies Record<string, ProblemFacts>;

export type ProblemFacts = {
  tries: number;
  /** a heading of a few words */
  title: string;
  sentence: string;
  /** what to do about it */
  advice: string;
  /** whether another try may succeed without any correction */
  try_again: boolean;
};

export type ImageProblemCode = keyof typeof IMAGE_PROBLEMS;

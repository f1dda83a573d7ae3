/** What people are told of a problem: title, sentence and advice. */
import { IMAGE_PROBLEMS, type ImageProblemCode, type ProblemFacts } from './image-problems.ts';

export type ProblemWords = Omit<ProblemFacts, 'tries'>;

/** Whether an image is a file that came with its table, or lies beside it: nothing is downloaded, and there is no link. */
export function isFile(url: string): boolean {
  return !/^https?:/i.test(url);
}

/**
 * What is known of a code, or something general for a code of another version.
 * @param url of the image; left out, or undefined: one that is downloaded
 */
export function wordsOfProblem(code: string, url?: string): ProblemWords {
  if (!Object.hasOwn(IMAGE_PROBLEMS, code)) return UNKNOWN;
  const known = code as ImageProblemCode;
  const words: ProblemWords = IMAGE_PROBLEMS[known];
  return url !== undefined && isFile(url) ? { ...words, ...OF_FILES[known] } : words;
}

export function sentenceOf(code: string, url?: string): string {
  return wordsOfProblem(code, url).sentence;
}

const UNKNOWN: ProblemWords = {
  title: 'Not made',
  sentence: 'The image could not be made.',
  advice: 'The detail of the image says why.',
  try_again: true,
};

/** Where the words for downloads say "link" or "host". docs/errors.md repeats them. */
export const OF_FILES: Partial<Record<ImageProblemCode, Partial<ProblemWords>>> = {
  not_an_image: {
    title: 'The file is no image',
    sentence: 'The file is not an image.',
    advice:
      'Open the file: it may be a document, or a web page that was saved instead of its image. Put the image itself in its place, and upload the table again.',
  },
  unsupported_format: {
    advice: 'Save the image as JPEG, PNG or WebP, and upload the table again with that file.',
  },
  truncated_image: {
    sentence: 'The image file is incomplete: its end is missing.',
    advice: 'Copy the image again from where it came from, and upload the table with it again.',
  },
  corrupt_image: {
    advice: 'Save the image anew, and upload the table with it again.',
  },
  placeholder_image: {
    sentence: 'The file is a sign for a missing picture.',
    advice:
      'Put the picture in its place, and upload the table again. If it is a picture after all, mark it as allowed or remove the mark that the detail names, then try again.',
  },
  deadline_exceeded: {
    sentence: 'The image could not be made before the deadline of its batch.',
  },
};

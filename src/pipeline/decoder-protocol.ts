/** What a worker and its decoder processes send each other. All of it is plain JSON. */
import type { RenditionSpec } from '../presets/spec.ts';
import type { FileMeasures } from './file-measures.ts';
import type { ImageProblemCode } from './image-problems.ts';
import type { Content, Samples } from './measures.ts';
import type { SourceFormat } from './sniff.ts';

/** Parent to child. A `make` that needs more memory than `allowedBytes` waits for `go` after its facts. */
export type DecoderRequest =
  | { is: 'make'; job: DecoderJob; allowedBytes: number }
  | { is: 'read_header'; file: FileOrHead }
  | { is: 'go' };

/** Child to parent. `make` is answered by facts and then by what was made; either may fail instead. */
export type DecoderAnswer =
  | { is: 'facts'; facts: Facts }
  | ({ is: 'made' } & Made)
  | { is: 'failed'; code: ImageProblemCode; detail: string | undefined }
  /** the disk is full, or similar: nothing is wrong with the image */
  | { is: 'trouble'; detail: string };

/** A child's first message. `flaws` say why its libraries must not decode; empty: they may. */
export type DecoderGreeting = { libraries: Libraries; flaws: string[] };

/** The versions that make our files. */
export type Libraries = { sharp: string; libvips: string };

/** An image file, or its first bytes in base64. `bytes` is the size of the whole file. */
export type FileOrHead = { bytes: number } & ({ path: string } | { head: string });

/** What an image's header says; nothing was decoded. Width and height are as stored, before orientation. */
export type Facts = {
  format: SourceFormat;
  width: number;
  height: number;
  /** progressive or interlaced: a decoder must hold the whole picture at once */
  isInterlaced: boolean;
  mayHoldXmp: boolean;
  /** of a JPEG with the quantization tables of libjpeg: 1 to 100 */
  jpegQuality?: number;
  /** of a JPEG */
  samples?: Samples;
};

/** What a decoder is asked to do: one file in, one file out per rendition. Without renditions it only measures. */
export type DecoderJob = {
  /** path of the source */
  input: string;
  /** size of the source */
  bytes: number;
  /** whether to describe the source too */
  describe?: true;
  /** whether its files need not be on the disk (fsync): somebody copies them before they count */
  isUnsynced?: true;
  renditions: PlannedRendition[];
};

/** `output`: the path to write to. */
type PlannedRendition = RenditionSpec & { output: string };

/** A job with the facts of its source: memory and time follow from it. */
export type Plan = Facts & DecoderJob;

/** A rendition in a file that is on the disk (fsync), unless the job says that it need not be. `sha256` in hexadecimal. `measures`: where a rule was to be met. */
export type MadeFile = {
  name: string;
  width: number;
  height: number;
  bytes: number;
  sha256: string;
  measures?: FileMeasures;
};

/** @see differenceHash in decoder/difference-hash.ts: 16 hexadecimal digits */
export type Made = {
  files: MadeFile[];
  differenceHash: string;
  content: Content;
  description?: Description;
};

/** What a source holds, for `minilab inspect`. `metadata` lists blocks: icc, exif, xmp, iptc. */
export type Description = {
  colour_space: string;
  channels: number;
  depth: string;
  alpha: boolean;
  orientation: number;
  frames: number;
  chroma_subsampling: string | undefined;
  metadata: string[];
};

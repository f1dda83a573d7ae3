import type { Logger } from 'pino';
import { createDecoderPool, type DecoderPool } from './decoder-pool.ts';

// While a decoder waits for its next image, or for the disk, its core has work: 3 % more images (bench/end-to-end.ts).
const SPARE_DECODERS = 1;

/** The decoders of a worker. None is started before `warm`, or its first image. */
export function createDecoders({ workerCores }: { workerCores: number }, log: Logger): DecoderPool {
  return createDecoderPool(workerCores + SPARE_DECODERS, {
    onCrash: (error) => log.warn({ err: error }, 'a decoder crashed, retrying its image'),
  });
}

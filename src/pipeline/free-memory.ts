/**
 * Frees a buffer's memory now, of which nobody else holds a piece. Left to the garbage collector, megabytes
 * an image make it go through the whole heap every few images: a fifth of the CPU of a worker's main thread,
 * a twentieth of a decoder's (bench/end-to-end.ts). What may be a piece of Buffer's pool, which others use
 * too, is left alone.
 */
export function freeMemory({ buffer, byteOffset, length }: Buffer): void {
  const isItsEnd = byteOffset + length === buffer.byteLength;
  const mayBePooled = buffer.byteLength === Buffer.poolSize && length <= Buffer.poolSize / 2;
  if (isItsEnd && !mayBePooled && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

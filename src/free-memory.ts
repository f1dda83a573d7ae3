/**
 * Frees the memory of a buffer that shares it with no other buffer. Otherwise the megabytes of each image make the
 * garbage collector traverse the whole heap every few images: a fifth of the CPU of a worker's main thread, a
 * twentieth of a decoder's (bench/end-to-end.ts). Buffers that may be a part of Buffer's shared pool are kept.
 */
export function freeMemory({ buffer, byteOffset, byteLength }: ArrayBufferView): void {
  const isItsEnd = byteOffset + byteLength === buffer.byteLength;
  const mayBePooled = buffer.byteLength === Buffer.poolSize && byteLength <= Buffer.poolSize / 2;
  if (isItsEnd && !mayBePooled && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

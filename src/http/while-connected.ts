import type { Socket } from 'node:net';

/** Does work for a request that is aborted when its client disconnects. */
export async function whileConnected<T>(
  socket: Socket,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const gone = new AbortController();
  const abort = (): void => gone.abort();
  socket.once('close', abort);
  if (socket.destroyed) abort();
  return work(gone.signal).finally(() => socket.off('close', abort));
}

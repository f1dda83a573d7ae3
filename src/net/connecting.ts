import type { Socket } from 'node:net';

/** A host that did not answer in time. The message says at which step of connecting. */
export class ConnectingTimedOut extends Error {
  override readonly name = 'ConnectingTimedOut';
}

/**
 * Destroys a socket that is not connected in time. The time to look up its name has a limit of its own
 * (resolver.ts), so that each failure is reported as what it is.
 * @param options `isLookedUp`: whether the host is a literal address, which is never looked up
 */
export function limitConnecting(
  socket: Socket,
  { isTls, isLookedUp, ms }: { isTls: boolean; isLookedUp: boolean; ms: number },
): void {
  let timer: NodeJS.Timeout | undefined;
  let step = 'connection';
  const start = (): void => {
    timer ??= setTimeout(() => {
      socket.destroy(new ConnectingTimedOut(`${step} timed out after ${ms / 1000} s`));
    }, ms);
  };
  const stop = (): void => clearTimeout(timer);
  if (isLookedUp) start();
  else socket.once('lookup', start);
  socket.once('connect', () => (step = 'TLS handshake'));
  socket.once(isTls ? 'secureConnect' : 'connect', stop);
  socket.once('close', stop);
}
